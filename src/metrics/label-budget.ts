interface Seen {
  count: number;
  /** How much of `count` may belong to values forgotten before this one. */
  readonly error: number;
  /** True while the value has a label of its own. */
  hasLabel: boolean;
}

/**
 * Bounds the number of values that one metric label takes: the `capacity` most frequent values keep a label of their
 * own, all others share `other`.
 *
 * Counting follows the Space-Saving sketch over 4 × `capacity` values, so memory is bounded however many values come.
 * A value takes over a label when its own sure count passes twice the count of the least used labelled one (a factor,
 * lest two values of equal traffic swap for ever); `onDrop` then removes the series of the value that lost it.
 *
 * Metwally, Agrawal, El Abbadi 2005, "Efficient Computation of Frequent and Top-k Elements in Data Streams", §3.
 */
export class LabelBudget {
  private readonly seen = new Map<string, Seen>();
  private labelled = 0;

  constructor(
    private readonly capacity: number,
    private readonly onDrop: (value: string) => void = () => undefined,
  ) {}

  /** Counts one occurrence of `value` and returns the label to use for it: itself, or `other`. */
  label(value: string): string {
    const entry = this.seen.get(value) ?? this.admit(value);
    entry.count++;
    if (!entry.hasLabel) this.promote(entry);
    return entry.hasLabel ? value : 'other';
  }

  private admit(value: string): Seen {
    let count = 0;
    if (this.seen.size >= 4 * this.capacity) {
      const [smallest, entry] = this.least(false) ?? [value, { count: 0 }];
      this.seen.delete(smallest);
      count = entry.count;
    }
    const entry = { count, error: count, hasLabel: false };
    this.seen.set(value, entry);
    return entry;
  }

  private promote(entry: Seen): void {
    if (this.labelled < this.capacity) {
      entry.hasLabel = true;
      this.labelled++;
      return;
    }
    const [value, least] = this.least(true) ?? [];
    if (value === undefined || least === undefined || entry.count - entry.error <= 2 * least.count) return;
    least.hasLabel = false;
    entry.hasLabel = true;
    this.onDrop(value);
  }

  private least(hasLabel: boolean): [string, Seen] | undefined {
    let best: [string, Seen] | undefined;
    for (const pair of this.seen) {
      if (pair[1].hasLabel === hasLabel && (best === undefined || pair[1].count < best[1].count)) best = pair;
    }
    return best;
  }
}
