import { createHash } from 'node:crypto';

/** What a stream needs to go on where it stopped. */
export type RandomState = readonly [number, number, number, number];

/**
 * A stream of random numbers: xoshiro128**, period 2¹²⁸ − 1. A stream is named by a seed and a path of names or numbers, so
 * that data order, initial values and dropout masks do not depend on how many numbers another stream has given.
 *
 * Blackman and Vigna 2021, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), arXiv:1805.01407.
 */
export class Random {
  private constructor(private readonly s: Uint32Array) {}

  /** The stream of this name. Its state is 128 bits of SHA-256 over seed and path. */
  static stream(seed: number, ...path: readonly (string | number)[]): Random {
    const digest = createHash('sha256')
      .update(JSON.stringify([seed, ...path]))
      .digest();
    const words = Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32LE(4 * i));
    if (words.every((word) => word === 0)) words[0] = 1; // the one state that has no successor
    return new Random(words);
  }

  static from(state: RandomState): Random {
    return new Random(Uint32Array.from(state));
  }

  get state(): RandomState {
    const [a = 0, b = 0, c = 0, d = 0] = this.s;
    return [a, b, c, d];
  }

  /** 32 uniform bits. */
  next(): number {
    const s = this.s;
    const [s0, s1, s2, s3] = [s[0]!, s[1]!, s[2]!, s[3]!];
    const scrambled = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const [t2, t3] = [s2 ^ s0, s3 ^ s1];
    s[0] = s0 ^ t3;
    s[1] = s1 ^ t2;
    s[2] = t2 ^ (s1 << 9);
    s[3] = rotateLeft(t3, 11);
    return scrambled;
  }

  /** Uniform in [0, 1), with 32 bits. */
  uniform(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** Uniform integer in [0, n), without bias. */
  below(n: number): number {
    const limit = Math.floor(0x1_0000_0000 / n) * n;
    let drawn = this.next();
    while (drawn >= limit) drawn = this.next();
    return drawn % n;
  }

  /** Standard normal, by Box and Muller; the second number of a pair is thrown away, so that the state says all. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** `size` numbers uniform in [−bound, bound). */
  uniforms(size: number, bound: number): Float32Array {
    return Float32Array.from({ length: size }, () => (2 * this.uniform() - 1) * bound);
  }

  normals(size: number, deviation: number): Float32Array {
    return Float32Array.from({ length: size }, () => this.normal() * deviation);
  }

  /** 0 … n − 1 in random order: Fisher and Yates, as Durstenfeld 1964 has it. */
  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
