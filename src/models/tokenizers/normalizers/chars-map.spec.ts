import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../common/errors.js';
import { CharsMap } from './chars-map.js';
import { buildPrecompiled } from './precompiled.js';

/** A map of the one key `a` to `text`: root, the unit of `a` at 0x61 and its leaf at 0x161. */
function oneKey(text: string): Buffer {
  const units = new Uint32Array(0x200);
  units[0x61] = 0x61 | 0x100 | (0x100 << 10);
  units[0x161] = 0x80000000;
  const head = Buffer.alloc(4);
  head.writeUInt32LE(units.byteLength);
  return Buffer.concat([head, Buffer.from(units.buffer), Buffer.from(`${text}\0`)]);
}

describe('CharsMap', () => {
  it('finds a key, and a text that begins with it', () => {
    const map = CharsMap.parse(oneKey('é'))!;
    expect([map.get('a'), map.get('ab'), map.get('b'), map.get('')]).toEqual(['é', 'é', undefined, undefined]);
    expect(map.mapsAscii).toBe(true);
  });

  it('is not made of other bytes', () => {
    expect(CharsMap.parse(Buffer.alloc(0))).toBeUndefined();
    expect(CharsMap.parse(Buffer.from([3, 0, 0, 0, 1, 2, 3, 4]))).toBeUndefined();
    expect(CharsMap.parse(oneKey('x').subarray(0, 100))).toBeUndefined();
  });

  it('ends at a node outside of its trie', () => {
    const bytes = oneKey('x');
    bytes.writeUInt32LE((0x3fffff << 10) >>> 0, 4);
    expect(CharsMap.parse(bytes)!.get('a')).toBeUndefined();
  });
});

describe('buildPrecompiled', () => {
  it('refuses what is no map by its place', () => {
    const build = (): unknown => buildPrecompiled({ precompiled_charsmap: 'AAAA' }, 'normalizer');
    expect(build).toThrow(ModelError);
    expect(build).toThrow('normalizer.precompiled_charsmap');
  });
});
