import { asArray, asString, refuse } from '../json.js';
import { IntPairMap } from '../int-pair-map.js';
import { MinHeap } from './min-heap.js';

const POSITIONS = 2 ** 32;

/** Symbols of a word: ids, and how many UTF-8 bytes each stands for. */
export interface Symbols {
  readonly ids: number[];
  readonly bytes: number[];
}

/** The merges of a BPE model: which neighbours become one token, and in which order. */
export class Merges {
  private readonly ranks: IntPairMap;
  private readonly merged: number[] = [];

  constructor(capacity: number) {
    this.ranks = new IntPairMap(capacity);
  }

  /** Adds the merge of the next rank. */
  add(left: number, right: number, merged: number): void {
    this.ranks.set(left, right, this.merged.push(merged) - 1);
  }

  /**
   * Merges neighbours, lowest rank first and leftmost among equals, until none is left: O(n log n) in the symbols.
   *
   * Sennrich, Haddow and Birch 2016, "Neural Machine Translation of Rare Words with Subword Units", §3.2,
   * arXiv:1508.07909.
   */
  apply({ ids, bytes }: Symbols): Symbols {
    const n = ids.length;
    const next = Int32Array.from({ length: n }, (_, i) => i + 1);
    const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
    const heap = new MinHeap();
    const offer = (left: number): void => {
      const right = left < 0 ? n : next[left]!;
      const rank = right >= n ? -1 : this.ranks.get(ids[left]!, ids[right]!);
      if (rank >= 0) heap.push(rank * POSITIONS + left);
    };
    for (let i = 0; i + 1 < n; i++) offer(i);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const left = top % POSITIONS;
      const right = next[left]!;
      // An entry is stale when its left symbol is gone or either symbol has grown since.
      if (bytes[left] === 0 || right >= n) continue;
      const rank = Math.floor(top / POSITIONS);
      const now = this.ranks.get(ids[left]!, ids[right]!);
      if (now < 0 || this.merged[now] !== this.merged[rank]) continue;
      ids[left] = this.merged[rank]!;
      bytes[left]! += bytes[right]!;
      bytes[right] = 0;
      next[left] = next[right]!;
      if (next[left] < n) previous[next[left]] = left;
      offer(previous[left]!);
      offer(left);
    }
    const isLeft = (_: number, i: number): boolean => bytes[i] !== 0;
    return { ids: ids.filter(isLeft), bytes: bytes.filter((count) => count !== 0) };
  }
}

/** Reads merges as pairs or as texts with one blank, and looks their tokens up. */
export function readMerges(
  json: unknown,
  where: string,
  { vocab, prefix }: { vocab: ReadonlyMap<string, number>; prefix: string },
): Merges {
  const lines = asArray(json, where).filter((line) => typeof line !== 'string' || !line.startsWith('#version'));
  const merges = new Merges(lines.length);
  lines.forEach((line, i) => {
    const [left, right] = readPair(line, `${where}[${i}]`);
    const idOf = (token: string): number => vocab.get(token) ?? refuse(`${where}[${i}]`, 'tokens of vocab', token);
    merges.add(idOf(left), idOf(right), idOf(left + right.slice(prefix.length)));
  });
  return merges;
}

function readPair(line: unknown, where: string): [string, string] {
  const parts = typeof line === 'string' ? line.split(' ') : asArray(line, where).map((part) => asString(part, where));
  const [left, right] = parts;
  if (parts.length !== 2 || left === undefined || right === undefined) return refuse(where, 'two tokens', line);
  return [left, right];
}
