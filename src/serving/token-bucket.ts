/**
 * A token bucket: `ratePerSecond` tokens flow in, up to `burst`.
 *
 * A caller may go when the level is above zero and is then charged what it costs, so the level can fall below zero: one
 * request larger than the burst passes and is paid for by the wait after it, instead of never passing.
 */
export class TokenBucket {
  private level: number;
  private updatedMs: number;

  constructor(
    readonly ratePerSecond: number,
    readonly burst: number,
    nowMs: number,
  ) {
    this.level = burst;
    this.updatedMs = nowMs;
  }

  /** Tokens left, at least 0. */
  remaining(nowMs: number): number {
    this.refill(nowMs);
    return Math.max(0, Math.floor(this.level));
  }

  /** Seconds until the level is at least `tokens` (at most the burst); 0 when it is so now. */
  waitSeconds(nowMs: number, tokens = 1): number {
    this.refill(nowMs);
    return Math.max(0, (Math.min(tokens, this.burst) - this.level) / this.ratePerSecond);
  }

  charge(nowMs: number, tokens: number): void {
    this.refill(nowMs);
    this.level -= tokens;
  }

  private refill(nowMs: number): void {
    const elapsedSeconds = Math.max(0, nowMs - this.updatedMs) / 1000;
    this.level = Math.min(this.burst, this.level + elapsedSeconds * this.ratePerSecond);
    this.updatedMs = nowMs;
  }
}
