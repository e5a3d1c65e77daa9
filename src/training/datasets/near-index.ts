import type { BandOptions, Sketch } from './min-hash.js';

/** Rows compared by their bytes, and rows given back; they bound the cost of data where very many rows are somewhat alike. */
const MAX_COMPARED = 1024;
const MAX_CANDIDATES = 16;

/** Standard deviations that the estimate of a likeness may lie below the threshold; 1 in 700 of the pairs at it is missed. */
const SLACK = 3;

/**
 * Finds rows that are probably alike: those that share a band with a row (a chained hash table over all bands) and agree
 * with it in enough bytes of their minima that a likeness at the threshold is plausible.
 *
 * All memory is taken at the start: for each row 8 bytes a band, 1 a minimum, and the list heads with 4 bytes for at least
 * every second band: at most 192 bytes with 12 bands of 4.
 */
export class NearIndex {
  private readonly heads: Int32Array; // entry + 1 of the newest in each list; 0 for none
  private readonly next: Int32Array; // the same, of the one before
  private readonly hashes: Int32Array;
  private readonly bytes: Uint8Array; // [capacity, minima]
  private readonly mask: number;
  private readonly minima: number;
  private readonly leastAgreeing: number;

  /**
   * @param capacity   rows that will be added at most, numbered from 0
   * @param threshold  least likeness looked for
   */
  constructor(
    capacity: number,
    private readonly options: BandOptions,
    threshold: number,
  ) {
    const entries = Math.max(1, capacity * options.bands);
    const size = 2 ** Math.floor(Math.log2(entries));
    this.heads = new Int32Array(size);
    this.mask = size - 1;
    this.next = new Int32Array(entries);
    this.hashes = new Int32Array(entries);
    this.minima = options.bands * options.rows;
    this.bytes = new Uint8Array(capacity * this.minima);
    const deviation = Math.sqrt(this.minima * threshold * (1 - threshold));
    this.leastAgreeing = Math.floor(this.minima * threshold - SLACK * deviation);
  }

  /** Rows added before that may be alike, the likest first. */
  candidates(sketch: Sketch): number[] {
    const compared = new Map<number, number>(); // bytes that agree, by row
    for (const hash of sketch.bands) {
      for (let entry = this.heads[hash & this.mask]! - 1; entry >= 0; entry = this.next[entry]! - 1) {
        if (this.hashes[entry] !== hash) continue;
        const row = Math.floor(entry / this.options.bands);
        if (!compared.has(row)) compared.set(row, this.agreeing(row, sketch.bytes));
        if (compared.size >= MAX_COMPARED) return this.likest(compared);
      }
    }
    return this.likest(compared);
  }

  private likest(compared: ReadonlyMap<number, number>): number[] {
    if (compared.size === 0) return [];
    const plausible = [...compared].filter(([, agreeing]) => agreeing >= this.leastAgreeing);
    plausible.sort(([a, m], [b, n]) => n - m || a - b);
    return plausible.slice(0, MAX_CANDIDATES).map(([row]) => row);
  }

  add(row: number, sketch: Sketch): void {
    const { bands } = this.options;
    this.bytes.set(sketch.bytes, row * this.minima);
    for (let band = 0; band < bands; band++) {
      const hash = sketch.bands[band]!;
      const entry = row * bands + band;
      const slot = hash & this.mask;
      this.hashes[entry] = hash;
      this.next[entry] = this.heads[slot]!;
      this.heads[slot] = entry + 1;
    }
  }

  private agreeing(row: number, bytes: Uint8Array): number {
    const start = row * this.minima;
    let count = 0;
    for (let i = 0; i < bytes.length; i++) if (this.bytes[start + i] === bytes[i]) count++;
    return count;
  }
}
