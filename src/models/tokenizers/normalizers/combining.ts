/*
 * Canonical combining classes, which JavaScript does not offer, asked of its normalization: NFD sorts neighbouring
 * marks by class and never moves a starter (class 0), so an exchange tells which of two classes is the higher.
 */

/** One mark of every class but 0, by rising class from 1 to 240. */
const BY_CLASS = [
  0x334, 0x93c, 0x3099, 0x94d, 0x5b0, 0x5b1, 0x5b2, 0x5b3, 0x5b4, 0x5b5, 0x5b6, 0x5b7, 0x5b8, 0x5b9, 0x5bb, 0x5bc,
  0x5bd, 0x5bf, 0x5c1, 0x5c2, 0xfb1e, 0x64b, 0x64c, 0x64d, 0x618, 0x619, 0x61a, 0x651, 0x652, 0x670, 0x711, 0xc55,
  0xc56, 0xe38, 0xe48, 0xeb8, 0xec8, 0xf71, 0xf72, 0xf74, 0x321, 0x1dce, 0x31b, 0x1dfa, 0x316, 0x59a, 0x302e, 0x1d16d,
  0x5ae, 0x300, 0x315, 0x35c, 0x35d, 0x345,
].map((point) => String.fromCodePoint(point));

const known = new Map<string, number>();

/** Whether the class of `first` is above that of `second`, both not 0. */
function isAbove(first: string, second: string): boolean {
  return first !== second && (first + second).normalize('NFD') === second + first;
}

function rankOf(char: string): number {
  const lowest = BY_CLASS[0]!;
  const highest = BY_CLASS.at(-1)!;
  if (char !== lowest && char !== highest && !isAbove(highest, char) && !isAbove(char, lowest)) return 0;
  let low = 0;
  let high = BY_CLASS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAbove(char, BY_CLASS[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

/**
 * Rank of the canonical combining class of a character that has no canonical decomposition: 0 for a starter (class 0),
 * else higher for a higher class.
 */
export function combiningRank(char: string): number {
  if (char <= '\u02ff') return 0;
  let rank = known.get(char);
  if (rank === undefined) {
    rank = rankOf(char);
    known.set(char, rank);
  }
  return rank;
}
