/** Two neighbouring symbols and where they stand. */
export interface Pair {
  readonly left: number;
  readonly right: number;
  /** How often it comes, by the counts of its words. */
  count: number;
  /** Words it came in; it may have left some of them, and a word may be named twice. */
  readonly words: number[];
}

interface Entry {
  readonly pair: Pair;
  /** The pair's count when it was pushed. */
  readonly count: number;
}

/**
 * Pairs by falling count, equal ones by rising symbols: a binary heap. Counts may change while a pair is queued: an entry
 * whose count has fallen is put back at its place when it comes up, and `push` is called again for one that has risen.
 */
export class PairQueue {
  private readonly entries: Entry[] = [];

  push(pair: Pair): void {
    const entry = { pair, count: pair.count };
    const { entries } = this;
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  /** Takes the pair that comes most often; undefined when none is left. */
  pop(): Pair | undefined {
    for (;;) {
      const top = this.take();
      if (!top || top.count === top.pair.count) return top?.pair;
      if (top.pair.count > 0 && top.pair.count < top.count) this.push(top.pair); // a risen one is queued anew already
    }
  }

  private take(): Entry | undefined {
    const { entries } = this;
    const top = entries[0];
    const last = entries.pop();
    if (!last || entries.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && comesBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!comesBefore(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return top;
  }
}

function comesBefore(a: Entry, b: Entry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.left !== b.pair.left ? a.pair.left < b.pair.left : a.pair.right < b.pair.right;
}
