/**
 * Random numbers that are the same on every run (Mulberry32, period 2³²): for tests only.
 */
export class SeededRandom {
  constructor(private state: number) {}

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform over the integers low … high − 1. */
  integer(low: number, high: number): number {
    return Math.floor(this.uniform(low, high));
  }

  /** `count` values uniform in [low, high), as float32. */
  floats(count: number, low = -1, high = 1): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: count }, () => this.uniform(low, high));
  }

  /** `count` integers of low … high − 1. */
  integers(count: number, low: number, high: number): Int32Array<ArrayBuffer> {
    return Int32Array.from({ length: count }, () => this.integer(low, high));
  }
}
