import { describe, expect, it } from 'vitest';
import type { Encoding } from '../../models/tokenizers/encoding.js';
import { classification } from './classify.js';
import { toBase64, toUnitLength } from './embed.js';
import { filledMasks, maskPositions } from './fill-mask.js';
import { entities } from './token-classify.js';

describe('classification', () => {
  it('gives a probability for one choice, best first, cut to the asked number', () => {
    const answer = classification(
      3,
      Float32Array.of(0, Math.log(3), -50),
      { labels: ['a', 'b', 'c'], problem: 'single' },
      2,
    );
    expect(answer).toMatchObject({ index: 3, label: 'b', num_classes: 3 });
    expect(answer.scores.map(({ label }) => label)).toEqual(['b', 'a']);
    expect(answer.score).toBeCloseTo(0.75, 6);
  });

  it('gives each label its own probability where several may hold', () => {
    const { scores } = classification(0, Float32Array.of(0, 0), { labels: ['a', 'b'], problem: 'multi' }, 2);
    expect(scores.map(({ score }) => score)).toEqual([0.5, 0.5]);
  });

  it('does not overflow on huge logits', () => {
    const { score } = classification(0, Float32Array.of(3e38, -3e38), { labels: ['a', 'b'], problem: 'single' }, 1);
    expect(score).toBe(1);
  });
});

/** [CLS] Ada Love ##lace met 🙂 Zo ##ë [SEP] */
const text = 'Ada Lovelace met 🙂 Zoë';
const encoding: Encoding = {
  ids: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
  typeIds: new Int32Array(9),
  tokens: ['[CLS]', 'ada', 'love', '##lace', 'met', '🙂', 'zo', '##e', '[SEP]'],
  offsets: Int32Array.of(0, 0, 0, 3, 4, 8, 8, 12, 13, 16, 17, 18, 19, 21, 21, 22, 0, 0),
  specialMask: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1),
  wordIds: Int32Array.of(-1, 0, 1, 1, 2, 3, 4, 4, -1),
  sequenceIds: new Int8Array(9),
};
const LABELS = { labels: ['O', 'B-PER', 'I-PER'], problem: 'single' as const };
const logitsFor = (labels: number[]): Float32Array =>
  Float32Array.from(labels.flatMap((label) => [0, 1, 2].map((i) => (i === label ? 9 : 0))));

describe('entities', () => {
  it('joins words of one entity, takes the first token of a word, and counts code points', () => {
    const found = entities(text, encoding, logitsFor([1, 1, 2, 0, 0, 0, 1, 0, 1]), LABELS);
    expect(found.map(({ start, end, text: part, label }) => [start, end, part, label])).toEqual([
      [0, 12, 'Ada Lovelace', 'PER'],
      [19, 22, 'Zoë', 'PER'],
    ]);
  });

  it('starts a new entity at B-, and at an I- that follows an O', () => {
    const found = entities(text, encoding, logitsFor([0, 1, 1, 0, 0, 2, 0, 0, 0]), LABELS);
    expect(found.map((entity) => entity.text)).toEqual(['Ada', 'Lovelace', '🙂']);
  });

  it('finds nothing where every word is O', () => {
    expect(entities(text, encoding, logitsFor([1, 0, 0, 0, 0, 0, 0, 0, 1]), LABELS)).toEqual([]);
  });
});

describe('fill mask', () => {
  const tokenizer = {
    special: { mask: 4 },
    maskToken: '[MASK]',
    decode: (ids: Iterable<number>) => ` t${[...ids].join()}`,
  };

  it('ranks the candidates of every mask', () => {
    const [position = 0] = maskPositions(encoding, tokenizer, 0);
    const [filled] = filledMasks(encoding, [position], Float32Array.of(0, 5, 1, 5, -2), { topK: 3, tokenizer });
    expect(filled).toMatchObject({ start: 13, end: 16 });
    expect(filled?.candidates.map(({ token }) => token)).toEqual(['t1', 't3', 't2']);
  });

  it('refuses a text without a mask', () => {
    expect(() => maskPositions(encoding, { ...tokenizer, special: { mask: 77 } }, 2)).toThrow(
      /^input 2: expected 1 to 32/,
    );
  });
});

describe('embeddings', () => {
  it('scales to length 1 without overflow, and leaves zero alone', () => {
    expect([...toUnitLength(Float32Array.of(3, 4))]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect([...toUnitLength(Float32Array.of(3e38, 3e38))][0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect([...toUnitLength(new Float32Array(2))]).toEqual([0, 0]);
  });

  it('writes base64 as little-endian float32', () => {
    expect(toBase64(Float32Array.of(1, -2))).toBe(Buffer.from([0, 0, 128, 63, 0, 0, 0, 192]).toString('base64'));
  });
});
