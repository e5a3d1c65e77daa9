import { describe, expect, it } from 'vitest';
import { FaultLog } from './fault.js';
import { FieldMap, fieldsOf, type FieldKeys } from './fields.js';
import { type ExampleRules, parseExample } from './parse-example.js';
import type { Field } from './example.js';

interface Case {
  task?: string;
  problem?: string;
  required?: Field[];
  labels?: string[];
  isText?: boolean;
  columns?: FieldKeys;
}

function parse(values: Record<string, unknown>, options: Case = {}) {
  const { task = 'sequence_classification', problem = 'single', required = ['text'], isText = false } = options;
  const fields = fieldsOf(task, problem);
  const labels = options.labels && new Set(options.labels);
  const rules: ExampleRules = { fields, required: new Set(required), labels, maxCharacters: 20 };
  const faults = new FaultLog();
  const row = { line: 3, values, isText, place: (key?: string) => ({ line: 3, column: key === undefined ? 1 : 9 }) };
  const example = parseExample(row, new FieldMap(fields, options.columns).keysOf(values), rules, faults);
  return { example, kinds: faults.first.map(({ kind }) => kind), faults: faults.first };
}

describe('parseExample', () => {
  it('reads fields by their own name, by aliases and by names given', () => {
    expect(parse({ text: 'a', label: 'x' }).example).toEqual({ text: 'a', label: 'x' });
    expect(parse({ Sentence: 'a', intent: 'x', id: 7 }).example).toEqual({ text: 'a', label: 'x' });
    expect(parse({ text: 'no', t: 'a', label: 'x' }, { columns: { text: 't' } }).example).toEqual({ text: 'a', label: 'x' }); // prettier-ignore
  });

  it('takes whole numbers for label names and trims names', () => {
    expect(parse({ text: 'a', label: 1 }).example?.label).toBe('1');
    expect(parse({ text: ' a ', label: ' x ' }).example).toEqual({ text: ' a ', label: 'x' });
  });

  it.each<[string, Record<string, unknown>, Case, string[]]>([
    ['no text', { label: 'x' }, {}, ['missing_field']],
    ['no label where one is needed', { text: 'a' }, { required: ['text', 'label'] }, ['missing_field']],
    ['text of another type', { text: 5 }, {}, ['wrong_type']],
    ['empty text', { text: ' \n\t' }, {}, ['empty_text']],
    ['an empty cell of text', { text: '' }, { isText: true }, ['empty_text']],
    ['half a surrogate pair', { text: 'a\ud83d' }, {}, ['lone_surrogate']],
    ['a label of another type', { text: 'a', label: true }, {}, ['wrong_type']],
    ['a label that is no whole number', { text: 'a', label: 1.5 }, {}, ['wrong_type']],
    ['a label with a line break', { text: 'a', label: 'x\ny' }, {}, ['invalid_label']],
    ['an empty label', { text: 'a', label: ' ' }, {}, ['invalid_label']],
    ['a label that is too long', { text: 'a', label: 'x'.repeat(201) }, {}, ['invalid_label']],
    ['an unknown label', { text: 'a', label: 'z' }, { labels: ['x', 'y'] }, ['unknown_label']],
    ['labels that are no list', { text: 'a', labels: 'x' }, { problem: 'multi' }, ['wrong_type']],
    ['one unknown among labels', { text: 'a', labels: ['x', 'z'] }, { problem: 'multi', labels: ['x'] }, ['unknown_label']], // prettier-ignore
    ['a value that is text', { text: 'a', value: '1' }, { problem: 'regression' }, ['wrong_type']],
    ['NaN in CSV', { text: 'a', value: 'nan' }, { problem: 'regression', isText: true }, ['not_finite']],
    ['a number over the range', { text: 'a', value: '1e999' }, { problem: 'regression', isText: true }, ['not_finite']],
    ['a hexadecimal number', { text: 'a', value: '0x10' }, { problem: 'regression', isText: true }, ['wrong_type']],
    ['a negative weight', { text: 'a', weight: -1 }, {}, ['wrong_type']],
    ['several at once', { text: '', label: [], weight: 'x' }, {}, ['wrong_type', 'empty_text', 'wrong_type']],
  ])('refuses %s', (_what, values, options, kinds) => {
    const { example, ...found } = parse(values, options);
    expect(example).toBeUndefined();
    expect(found.kinds.sort()).toEqual([...kinds].sort());
  });

  it('keeps a long text with a warning, counting code points', () => {
    const { example, faults } = parse({ text: 'x'.repeat(21) });
    expect([example?.text.length, faults[0]?.kind, faults[0]?.severity]).toEqual([21, 'too_long', 'warning']);
    expect(parse({ text: '😀'.repeat(20) }).faults).toEqual([]);
  });

  it('reads lists in CSV as JSON or between bars, without repeats, in order', () => {
    const labels = (text: string) =>
      parse({ text: 'a', labels: text }, { problem: 'multi', isText: true }).example?.labels;
    expect(labels('b|a|b')).toEqual(['a', 'b']);
    expect(labels('["b"," a"]')).toEqual(['a', 'b']);
    expect(labels('[]')).toEqual([]);
    expect(labels('')).toBeUndefined();
  });

  it('takes lists beside a chat as they are', () => {
    const values = { text: 'a', labels: ['b'], entities: [] };
    expect(parse(values, { problem: 'multi', isText: true }).example?.labels).toEqual(['b']);
    expect(parse(values, { task: 'token_classification', isText: true }).example?.entities).toEqual([]);
  });

  it('reads numbers in CSV', () => {
    const value = (text: string) =>
      parse({ text: 'a', rating: text }, { problem: 'regression', isText: true }).example?.value;
    expect([' 4.5', '-1e-3', '.5', '5.'].map(value)).toEqual([4.5, -0.001, 0.5, 5]);
  });
});

describe('entities', () => {
  const parseEntities = (entities: unknown, text = '😀 Ada in Rome') => {
    const { example, kinds } = parse(
      { text, entities },
      { task: 'token_classification', required: ['text', 'entities'] },
    );
    return example?.entities ?? kinds;
  };
  const span = (start: unknown, end: unknown, label: unknown = 'x') => ({ start, end, label });

  it('gives them in the order of the text, in code points', () => {
    expect(parseEntities([span(9, 13), span(2, 5)])).toEqual([span(2, 5), span(9, 13)]);
    expect(parseEntities([])).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no list', { start: 0 }, 'wrong_type'],
    ['an end behind the text', [span(9, 14)], 'span_outside'],
    ['a start before the text', [span(-1, 2)], 'span_outside'],
    ['an empty span', [span(3, 3)], 'span_outside'],
    ['overlap', [span(2, 5), span(4, 8)], 'span_overlap'],
    ['half numbers', [span(1.5, 2)], 'wrong_type'],
    ['no label', [span(1, 2, null)], 'wrong_type'],
    ['an empty label', [span(1, 2, '')], 'invalid_label'],
    ['null', [null], 'wrong_type'],
  ])('refuses %s', (_what, entities, kind) => expect(parseEntities(entities)).toEqual([kind]));
});
