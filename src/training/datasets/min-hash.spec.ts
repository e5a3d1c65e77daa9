import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { candidateProbability, MinHash } from './min-hash.js';
import { NearIndex } from './near-index.js';
import { jaccard, mix32, shingleHashes, shingleSet } from './shingles.js';

const OPTIONS = { bands: 12, rows: 4 };

/** Two sets of `size` numbers each that share `shared`. */
function pair(random: Random, size: number, shared: number): [Uint32Array, Uint32Array] {
  const draw = (n: number) => Array.from({ length: n }, () => mix32(random.next()));
  const common = draw(shared);
  return [Uint32Array.from([...common, ...draw(size - shared)]), Uint32Array.from([...common, ...draw(size - shared)])];
}

describe('shingles', () => {
  const characters = { unit: 'character', size: 3 } as const;
  it('are one for each start, and one for a text that is shorter', () => {
    expect(shingleHashes('abcd', characters).length).toBe(2);
    expect(shingleHashes('ab', characters).length).toBe(1);
    expect(shingleHashes('', characters).length).toBe(1);
    expect(shingleHashes('a', characters)).not.toEqual(shingleHashes('b', characters));
  });

  it('of words pass over punctuation', () => {
    const words = { unit: 'word', size: 2 } as const;
    expect(shingleHashes('a b, c', words)).toEqual(shingleHashes('a b c!', words));
    expect(shingleHashes('a b c', words)).not.toEqual(shingleHashes('a c b', words));
  });

  it('make a set whose likeness is exact: abcd and bcde share one shingle of three', () => {
    const set = (text: string) => shingleSet(shingleHashes(text, characters));
    expect(jaccard(set('abcd'), set('bcde'))).toBe(1 / 3);
    expect(jaccard(set('aaaaaa'), set('aaa'))).toBe(1);
    expect(jaccard(set('abc'), set('xyz'))).toBe(0);
    expect(jaccard(new Uint32Array(), new Uint32Array())).toBe(1);
  });
});

describe('MinHash', () => {
  it('agrees in a byte with the probability of the likeness, and in a band with its fourth power', () => {
    const random = Random.stream(1, 'min-hash');
    const hasher = new MinHash(OPTIONS);
    for (const shared of [20, 40, 50]) {
      let [bytes, bands] = [0, 0];
      const [trials, size] = [400, 60];
      for (let trial = 0; trial < trials; trial++) {
        const [a, b] = pair(random, size, shared);
        const first = hasher.sketchOf(a);
        const kept = { bytes: first.bytes.slice(), bands: first.bands.slice() };
        const other = hasher.sketchOf(b);
        bytes += kept.bytes.filter((byte, i) => byte === other.bytes[i]).length;
        bands += kept.bands.filter((band, i) => band === other.bands[i]).length;
      }
      const likeness = shared / (2 * size - shared);
      expect(bytes / trials / 48).toBeCloseTo(likeness + (1 - likeness) / 256, 1.5);
      expect(bands / trials / 12).toBeCloseTo(likeness ** 4, 1.5);
    }
  });

  it('has the probabilities of its table', () => {
    const table = {
      0.2: 0.019,
      0.3: 0.093,
      0.4: 0.268,
      0.5: 0.539,
      0.6: 0.811,
      0.7: 0.963,
      0.8: 0.9982,
      0.9: 0.999997,
    };
    for (const [likeness, expected] of Object.entries(table)) {
      expect(Math.abs(candidateProbability(Number(likeness), OPTIONS) - expected)).toBeLessThan(0.001);
    }
  });

  it('refuses no bands', () => expect(() => new MinHash({ bands: 0, rows: 4 })).toThrow('at least 1'));
});

describe('NearIndex', () => {
  it('finds likenesses above the threshold and few of those far below it', () => {
    const random = Random.stream(2, 'near-index');
    const hasher = new MinHash(OPTIONS);
    const found = [14, 57].map((shared) => {
      const pairs = Array.from({ length: 300 }, () => pair(random, 60, shared));
      const index = new NearIndex(pairs.length, OPTIONS, 0.8);
      pairs.forEach(([a], row) => index.add(row, hasher.sketchOf(a)));
      return pairs.filter(([, b], row) => index.candidates(hasher.sketchOf(b)).includes(row)).length;
    });
    expect(found[0]).toBeLessThan(3);
    expect(found[1]).toBe(300);
  });

  it('bounds what it looks at', () => {
    const sketch = new MinHash(OPTIONS).sketchOf(Uint32Array.of(1, 2, 3));
    const index = new NearIndex(2000, OPTIONS, 0.8);
    for (let row = 0; row < 2000; row++) index.add(row, sketch);
    expect(index.candidates(sketch).length).toBe(16);
  });
});
