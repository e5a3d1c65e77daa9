export interface ShingleOptions {
  readonly unit: 'character' | 'word';
  readonly size: number;
}

/** Final mix of MurmurHash3 (Appleby 2011, public domain): each input bit changes each output bit with probability ½. */
export function mix32(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/**
 * Hashes (32 bits) of the runs of `size` neighbouring units of a normalized text, one for each start, repeats included. A
 * text with fewer units is one shingle.
 *
 * Units are UTF-16 code units, which need no words and so serve every script, or words: runs of letters and digits.
 */
export function shingleHashes(text: string, { unit, size }: ShingleOptions): Uint32Array {
  const units = unit === 'character' ? codeUnits(text) : wordHashes(text);
  const hashes = new Uint32Array(Math.max(1, units.length - size + 1));
  for (let start = 0; start < hashes.length; start++) {
    let hash = 0x811c9dc5;
    const end = Math.min(units.length, start + size);
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ units[at]!, 0x01000193) ^ (hash >>> 15);
    hashes[start] = mix32(hash);
  }
  return hashes;
}

function codeUnits(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at);
  return units;
}

function wordHashes(text: string): Uint32Array {
  const words = text.match(WORD) ?? [];
  return Uint32Array.from(words, (word) => {
    let hash = 0x811c9dc5;
    for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    return mix32(hash);
  });
}

/** The distinct hashes, ascending: the set that `jaccard` compares. */
export function shingleSet(hashes: Uint32Array): Uint32Array {
  const sorted = hashes.slice().sort();
  let kept = 0;
  for (let at = 0; at < sorted.length; at++) {
    if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[kept++] = sorted[at]!;
  }
  return sorted.subarray(0, kept);
}

/**
 * Jaccard likeness |A ∩ B| / |A ∪ B| of two sets, each ascending and without repeats; in [0, 1], and 1 for two empty sets.
 * Cost O(|A| + |B|).
 */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  if (a.length === 0 && b.length === 0) return 1;
  let [i, j, shared] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i]!, b[j]!];
    if (x === y) shared++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return shared / (a.length + b.length - shared);
}
