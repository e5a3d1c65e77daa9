import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../common/errors.js';
import { buildBpe } from './bpe.js';

const vocab = { '<unk>': 0, a: 1, b: 2, c: 3, ab: 4, abc: 5, bc: 6 };
const merges = [
  ['b', 'c'],
  ['a', 'b'],
  ['ab', 'c'],
  ['a', 'bc'],
];

describe('Bpe', () => {
  it('merges by rank, then from the left', () => {
    expect(buildBpe({ vocab, merges }, 'model').tokenize('abcab')).toEqual({
      ids: [5, 4],
      surfaces: ['abc', 'ab'],
      spans: [0, 3, 3, 5],
    });
    expect(buildBpe({ vocab, merges: merges.slice(0, 2) }, 'model').tokenize('abc').ids).toEqual([1, 6]);
  });

  it('reads merges written as texts, and passes over their version line', () => {
    const lines = ['#version: 0.2', ...merges.map((pair) => pair.join(' '))];
    expect(buildBpe({ vocab, merges: lines }, 'model').tokenize('abc').ids).toEqual([5]);
  });

  it('leaves out a character that nothing can stand for, or names it unknown', () => {
    expect(buildBpe({ vocab, merges: [] }, 'model').tokenize('axb').ids).toEqual([1, 2]);
    const unknown = buildBpe({ vocab, merges: [], unk_token: '<unk>' }, 'model').tokenize('axyb');
    expect(unknown).toMatchObject({ ids: [1, 0, 0, 2], spans: [0, 1, 1, 2, 2, 3, 3, 4] });
    const fused = buildBpe({ vocab, merges: [], unk_token: '<unk>', fuse_unk: true }, 'model').tokenize('axyb');
    expect(fused).toMatchObject({ ids: [1, 0, 2], spans: [0, 1, 1, 3, 3, 4] });
  });

  it('gives every byte of a character the whole of its span', () => {
    const bytes = { ...vocab, '<0xC3>': 7, '<0xA9>': 8 };
    const model = buildBpe({ vocab: bytes, merges: [], unk_token: '<unk>', byte_fallback: true }, 'model');
    expect(model.tokenize('aéb')).toMatchObject({ ids: [1, 7, 8, 2], spans: [0, 1, 1, 2, 1, 2, 2, 3] });
    expect(model.tokenize('à').ids).toEqual([0]);
  });

  it('takes a known word whole when told so', () => {
    const model = buildBpe({ vocab, merges: [], ignore_merges: true }, 'model');
    expect(model.tokenize('abc').ids).toEqual([5]);
    expect(model.tokenize('abca').ids).toEqual([1, 2, 3, 1]);
  });

  it('merges a word of 100,000 characters', () => {
    const model = buildBpe({ vocab, merges }, 'model');
    expect(model.tokenize('abc'.repeat(33_334)).ids).toHaveLength(33_334);
  });

  const refused: [change: object, place: string][] = [
    [{ dropout: 0.1 }, 'model.dropout'],
    [{ unk_token: 'none' }, 'model.unk_token'],
    [{ merges: [['a', 'x']] }, 'model.merges[0]'],
    [{ merges: ['a b c'] }, 'model.merges[0]'],
    [{ merges: [['b', 'a']] }, 'model.merges[0]'],
    [{ merges: undefined }, 'model.merges'],
    [{ vocab: { a: -1 } }, 'model.vocab["a"]'],
    [{ fuse_unk: 'yes' }, 'model.fuse_unk'],
  ];
  for (const [change, place] of refused) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      const build = (): unknown => buildBpe({ vocab, merges, ...change }, 'model');
      expect(build).toThrow(ModelError);
      expect(build).toThrow(place);
    });
  }
});
