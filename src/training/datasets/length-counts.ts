export interface LengthSummary {
  readonly rows: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Rows by length: from a power of two up to the next, the first from 0. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly rows: number }[];
}

/** Counts lengths exactly; memory grows with the number of different lengths. */
export class LengthCounts {
  private readonly counts = new Map<number, number>();

  add(length: number): void {
    this.counts.set(length, (this.counts.get(length) ?? 0) + 1);
  }

  /** Quantiles by nearest rank: the least length that at least that share of rows does not exceed. */
  summary(): LengthSummary {
    const sorted = [...this.counts].sort(([a], [b]) => a - b);
    const rows = sorted.reduce((sum, [, count]) => sum + count, 0);
    const total = sorted.reduce((sum, [length, count]) => sum + length * count, 0);
    const quantile = (share: number): number => {
      let left = Math.ceil(share * rows);
      return sorted.find(([, count]) => (left -= count) <= 0)?.[0] ?? 0;
    };
    return {
      rows,
      mean: rows === 0 ? 0 : total / rows,
      min: sorted[0]?.[0] ?? 0,
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      max: sorted.at(-1)?.[0] ?? 0,
      histogram: histogramOf(sorted),
    };
  }
}

function histogramOf(sorted: readonly (readonly [number, number])[]): LengthSummary['histogram'] {
  const bins: { from: number; to: number; rows: number }[] = [];
  for (const [length, count] of sorted) {
    const power = Math.floor(Math.log2(Math.max(1, length)));
    const from = power === 0 ? 0 : 2 ** power;
    const last = bins.at(-1);
    if (last?.from === from) last.rows += count;
    else bins.push({ from, to: 2 ** (power + 1), rows: count });
  }
  return bins;
}
