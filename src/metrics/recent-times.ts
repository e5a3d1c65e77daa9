const KEPT = 512;
const WINDOW_MS = 2_000;

/** The latest times that something took, in milliseconds: those of the last seconds, and of them the last few hundred. */
export class RecentTimes {
  private readonly times = new Float64Array(KEPT);
  private readonly atMs = new Float64Array(KEPT).fill(-Infinity);
  private next = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  add(tookMs: number): void {
    this.times[this.next] = tookMs;
    this.atMs[this.next] = this.nowMs();
    this.next = (this.next + 1) % KEPT;
  }

  /** The smallest time that a share `q` of them does not exceed; undefined without any. */
  quantile(q: number): number | undefined {
    const since = this.nowMs() - WINDOW_MS;
    const recent = this.times.filter((_, at) => this.atMs[at]! >= since).sort();
    return recent.length === 0 ? undefined : recent[Math.max(0, Math.ceil(q * recent.length) - 1)];
  }
}
