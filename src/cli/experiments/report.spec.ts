import { describe, expect, it } from 'vitest';
import { tableOf, withSection } from './report.js';

describe('withSection', () => {
  it('adds a section at the end, and replaces its own and no other', () => {
    const first = withSection('# Experiments\n', 'a', 'one');
    const second = withSection(first, 'b', 'two');
    const third = withSection(second, 'a', 'three');
    expect(first).toBe('# Experiments\n\n<!-- experiment:a -->\n\none\n\n<!-- /experiment:a -->\n');
    expect(third).toBe(second.replace('one', 'three'));
  });

  it('keeps what a person wrote around the sections', () => {
    const document = withSection('# Experiments\n\nBefore.\n', 'a', 'one').replace(/$/, '\nAfter.\n');
    expect(withSection(document, 'a', 'two')).toBe(document.replace('one', 'two'));
  });
});

describe('tableOf', () => {
  it('writes Markdown and keeps bars out of the columns', () => {
    expect(tableOf({ columns: ['a', 'b'], rows: [['1', 'x|y']] })).toBe('| a | b |\n| --- | --- |\n| 1 | x\\|y |');
  });
});
