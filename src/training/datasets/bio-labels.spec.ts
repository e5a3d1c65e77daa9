import { describe, expect, it } from 'vitest';
import { tokenSpans } from '../../models/token-spans.js';
import { bioLabels, bioNames, tokenBorderCheck } from './bio-labels.js';

/** Words cut at spaces and before punctuation, each in pieces of three characters, with a special token at both ends. */
function encode(text: string) {
  const [offsets, wordIds, specialMask] = [[0, 0], [-1], [1]];
  let word = -1;
  for (const found of text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)) {
    word++;
    const start = Array.from(text.slice(0, found.index)).length;
    const length = Array.from(found[0]).length;
    for (let at = 0; at < length; at += 3) {
      offsets.push(start + at, start + Math.min(length, at + 3));
      wordIds.push(word);
      specialMask.push(0);
    }
  }
  const all = { offsets: [...offsets, 0, 0], wordIds: [...wordIds, -1], specialMask: [...specialMask, 1] };
  return {
    offsets: Int32Array.from(all.offsets),
    wordIds: Int32Array.from(all.wordIds),
    specialMask: Uint8Array.from(all.specialMask),
  };
}

const names = bioNames(['PER', 'LOC']);
const text = '😀 Ada Lovelace, London Paris';
const entities = [
  { start: 2, end: 14, label: 'PER' },
  { start: 16, end: 22, label: 'LOC' },
  { start: 23, end: 28, label: 'LOC' },
];

describe('bioLabels', () => {
  it('labels the first piece of each word and passes over the others', () => {
    expect(names).toEqual(['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC']);
    expect([...bioLabels(text, encode(text), entities, names)]).toEqual(
      [-100, 0, 1, 2, -100, -100, 0, 3, -100, 3, -100, -100], // <s> 😀 Ada Lov ela ce , Lon don Par is </s>
    );
  });

  it('is undone by tokenSpans', () => {
    const encoding = encode(text);
    const labels = bioLabels(text, encoding, entities, names);
    const logits = new Float32Array(labels.length * names.length);
    labels.forEach((label, token) => (logits[token * names.length + Math.max(0, label)] = 20));
    const spans = tokenSpans({ text, encoding, logits, labels: names });
    expect(spans.map(({ start, end, label }) => ({ start, end, label }))).toEqual(entities);
  });

  it('refuses a type without a label', () => {
    expect(() => bioLabels(text, encode(text), [{ start: 2, end: 5, label: 'X' }], names)).toThrow('got B-X');
  });
});

it('tokenBorderCheck finds entities that begin or end inside a word', () => {
  const check = tokenBorderCheck({ encode: encode as never });
  const at = (start: number, end: number) => check(text, { start, end, label: 'x' });
  expect(at(2, 14)).toBeUndefined();
  expect(at(3, 14)).toContain('begins, got 3');
  expect(at(2, 15)).toBeUndefined();
  expect(at(2, 8)).toContain('ends, got 8');
});
