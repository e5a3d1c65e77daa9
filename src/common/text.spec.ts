import { describe, expect, it } from 'vitest';
import { isPlainText } from './text.js';

describe('isPlainText', () => {
  it.each(['', 'a b', 'größe', 'намерение', '👩‍👩‍👧', 'e\u0301', '"quoted" \\'])('takes %j', (text) => {
    expect(isPlainText(text)).toBe(true);
  });

  it.each(['a\u0000b', 'a\nb', '\u007f', '\u0085', 'a\ud800', '\udc00b'])('refuses %j', (text) => {
    expect(isPlainText(text)).toBe(false);
  });
});
