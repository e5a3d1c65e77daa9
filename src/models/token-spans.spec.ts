import { describe, expect, it } from 'vitest';
import { tokenSpans, type Aggregation } from './token-spans.js';

interface Piece {
  readonly at: readonly [number, number];
  readonly word: number;
  readonly label: number;
  /** Logit of the label over 0 for all others; default 4. */
  readonly logit?: number;
}

/** An answer with `[CLS]` and `[SEP]` around the pieces. */
function answer(text: string, labels: readonly string[], pieces: readonly Piece[], aggregation?: Aggregation) {
  const special: Piece = { at: [0, 0], word: -1, label: labels.length - 1 };
  const all = [special, ...pieces, special];
  const logits = new Float32Array(all.length * labels.length);
  for (const [i, { label, logit = 4 }] of all.entries()) logits[i * labels.length + label] = logit;
  return {
    text,
    labels,
    logits,
    encoding: {
      offsets: Int32Array.from(all.flatMap(({ at }) => at)),
      specialMask: Uint8Array.from(all, ({ word }) => (word < 0 ? 1 : 0)),
      wordIds: Int32Array.from(all, ({ word }) => word),
    },
    ...(aggregation && { aggregation }),
  };
}

const BIO = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
const spans = (given: ReturnType<typeof answer>) => tokenSpans(given).map(({ start, end, label }) => [start, end, label]);
const word = (index: number, start: number, end: number, label: number): Piece => ({ at: [start, end], word: index, label });

describe('tokenSpans', () => {
  it('joins the pieces of a word and the words of an entity', () => {
    // "Ada Lovelace met Bob": Ada | Love ##lace | met | Bob
    const pieces = [word(0, 0, 3, 1), word(1, 4, 8, 2), word(1, 8, 12, 0), word(2, 13, 16, 0), word(3, 17, 20, 1)];
    const entities = tokenSpans(answer('Ada Lovelace met Bob', BIO, pieces));
    expect(entities.map(({ text, label }) => [text, label])).toEqual([
      ['Ada Lovelace', 'PER'],
      ['Bob', 'PER'],
    ]);
    expect(entities[0]!.score).toBeCloseTo(Math.exp(4) / (Math.exp(4) + 4), 6);
  });

  it('labels each piece on its own by `simple`', () => {
    const pieces = [word(0, 0, 3, 1), word(1, 4, 8, 2), word(1, 8, 12, 0)];
    expect(spans(answer('Ada Lovelace', BIO, pieces, 'simple'))).toEqual([[0, 8, 'PER']]);
    expect(spans(answer('Ada Lovelace', BIO, pieces, 'first'))).toEqual([[0, 12, 'PER']]);
  });

  it('means the scores of the parts', () => {
    const pieces = [{ ...word(0, 0, 1, 1), logit: 0.5 }, { ...word(1, 2, 3, 2), logit: 3 }];
    const p = (logit: number) => Math.exp(logit) / (Math.exp(logit) + 4);
    expect(tokenSpans(answer('a b', BIO, pieces))[0]!.score).toBeCloseTo((p(0.5) + p(3)) / 2, 6);
  });

  it.each([
    ['B after B', [1, 1], [[0, 1, 'PER'], [2, 3, 'PER']]],
    ['I after O begins', [0, 2], [[2, 3, 'PER']]],
    ['I of another type begins', [1, 4], [[0, 1, 'PER'], [2, 3, 'LOC']]],
    ['all outside', [0, 0], []],
  ])('BIO: %s', (_, labels, expected) => {
    expect(spans(answer('a b', BIO, labels.map((label, i) => word(i, 2 * i, 2 * i + 1, label))))).toEqual(expected);
  });

  it.each([
    ['E ends, I after it begins', [1, 3, 2], [[0, 3, 'X'], [4, 5, 'X']]],
    ['S is alone', [4, 4, 2], [[0, 1, 'X'], [2, 3, 'X'], [4, 5, 'X']]],
    ['B I E is one', [1, 2, 3], [[0, 5, 'X']]],
  ])('IOBES: %s', (_, labels, expected) => {
    const names = ['O', 'B-X', 'I-X', 'E-X', 'S-X'];
    expect(spans(answer('a b c', names, labels.map((label, i) => word(i, 2 * i, 2 * i + 1, label))))).toEqual(expected);
  });

  it('joins neighbours of one plain label', () => {
    const pieces = [word(0, 0, 1, 0), word(1, 2, 3, 0), word(2, 4, 5, 1)];
    expect(spans(answer('a b c', ['NOUN', 'VERB'], pieces))).toEqual([[0, 3, 'NOUN'], [4, 5, 'VERB']]);
  });

  it('counts code points, and cuts white space off both ends', () => {
    const text = '🙂 naïve 𝔘ser ';
    const pieces = [word(0, 0, 1, 0), word(1, 1, 7, 1), word(2, 7, 13, 2)];
    expect(tokenSpans(answer(text, BIO, pieces))).toMatchObject([{ start: 2, end: 12, text: 'naïve 𝔘ser' }]);
  });

  it('drops an entity of nothing but white space, and never counts added tokens', () => {
    expect(spans(answer('a  b', BIO, [word(0, 1, 2, 1)]))).toEqual([]);
    expect(spans(answer('', BIO, []))).toEqual([]);
  });

  it('wants logits for every token', () => {
    const given = { ...answer('a', BIO, [word(0, 0, 1, 1)]), logits: new Float32Array(5) };
    expect(() => tokenSpans(given)).toThrow('tokenSpans: logits: expected [3, 5], got 5 numbers');
  });
});
