import { describe, expect, it } from 'vitest';
import { FROZEN } from '../runtime/prepare-data.js';
import { frozenDigests, frozenSources, testDigest } from './frozen-tests.js';

const dataset = (test: string, frozen: readonly string[] = [], bytes = 9) => ({
  parts: { test: { bytes, sha256: test } },
  card: {
    sources: [
      ...frozen.map((sha256) => ({ name: FROZEN, digest: `sha256:${sha256}` })),
      { name: 'data', digest: 'sha256:d' },
    ],
  },
});

describe('frozenSources', () => {
  it('leaves out what a later data set has taken over, equal test parts, and empty ones', () => {
    const [first, second, third] = [dataset('a'), dataset('b', ['a']), dataset('c', ['b', 'x'])];
    expect(frozenSources([third, second, first])).toEqual([third]);
    expect(frozenSources([second, dataset('e'), dataset('e'), dataset('none', [], 0)])).toEqual([second, dataset('e')]);
    expect(frozenSources([])).toEqual([]);
  });

  it('reads digests of the parts taken over and of its own', () => {
    expect(frozenDigests(dataset('c', ['b', 'x']))).toEqual(['sha256:b', 'sha256:x']);
    expect([testDigest(dataset('c')), testDigest(dataset('c', [], 0))]).toEqual(['sha256:c', undefined]);
  });
});
