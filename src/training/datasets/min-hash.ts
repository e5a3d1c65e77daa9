import { ValidationError } from '../../common/errors.js';
import { mix32 } from './shingles.js';

export interface BandOptions {
  readonly bands: number;
  /** Minima in each band. */
  readonly rows: number;
}

/**
 * Probability 1 − (1 − Jʳ)ᵇ that two sets of Jaccard likeness J share at least one of b bands of r minima.
 *
 * With the 12 bands of 4 used here:
 *
 * | J | 0.2 | 0.3 | 0.4 | 0.5 | 0.6 | 0.7 | 0.8 | 0.9 |
 * |---|---|---|---|---|---|---|---|---|
 * | P | 0.019 | 0.093 | 0.268 | 0.539 | 0.811 | 0.963 | 0.9982 | 0.999997 |
 *
 * Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", §3.4.2.
 */
export function candidateProbability(likeness: number, { bands, rows }: BandOptions): number {
  return 1 - (1 - likeness ** rows) ** bands;
}

/** What MinHash keeps of a set. Both arrays are valid until the next set is hashed. */
export interface Sketch {
  /** [bands] one number for each band. */
  readonly bands: Int32Array;
  /** [bands · rows] the lowest byte of each minimum. */
  readonly bytes: Uint8Array;
}

/**
 * MinHash with banding. The least value of a random hash function over a set agrees between two sets with the probability
 * of their Jaccard likeness J; a band of r such minima agrees with probability Jʳ, a byte of one minimum with
 * J + (1 − J) / 256.
 *
 * The i-th hash function is x ↦ aᵢ·x + bᵢ mod 2³² with aᵢ odd, over inputs that are well mixed already, compared as signed
 * numbers (unsigned ones leave the range of V8's small integers, at a tenth of the speed). Cost bands · rows
 * multiplications for each shingle; repeats in the input change nothing.
 *
 * Broder 1997, "On the resemblance and containment of documents"; Indyk and Motwani 1998 for the bands; Li and König 2010,
 * "b-Bit Minwise Hashing", for the bytes.
 */
export class MinHash {
  private readonly factors: Int32Array;
  private readonly offsets: Int32Array;
  private readonly sketch: Sketch;

  constructor(private readonly options: BandOptions) {
    const { bands, rows } = options;
    if (!(Number.isSafeInteger(bands) && bands > 0 && Number.isSafeInteger(rows) && rows > 0)) {
      throw new ValidationError(`MinHash: expected bands and rows of at least 1, got ${bands} and ${rows}`);
    }
    const count = bands * rows;
    this.factors = Int32Array.from({ length: count }, (_, i) => mix32(2 * i + 1) | 1);
    this.offsets = Int32Array.from({ length: count }, (_, i) => mix32(2 * i + 0x10001));
    this.sketch = { bands: new Int32Array(bands), bytes: new Uint8Array(count) };
  }

  /** @param hashes  [n] n ≥ 1 hashed shingles */
  sketchOf(hashes: Uint32Array): Sketch {
    const { sketch } = this;
    const { rows } = this.options;
    const signed = new Int32Array(hashes.buffer, hashes.byteOffset, hashes.length);
    for (let band = 0; band < sketch.bands.length; band++) {
      let hash = band + 1;
      for (let i = band * rows; i < (band + 1) * rows; i++) {
        const least = leastOf(signed, this.factors[i]!, this.offsets[i]!);
        sketch.bytes[i] = least;
        hash = mix32(Math.imul(hash, 0x01000193) ^ least);
      }
      sketch.bands[band] = hash;
    }
    return sketch;
  }
}

function leastOf(hashes: Int32Array, factor: number, offset: number): number {
  let least = 0x7fffffff;
  for (let at = 0; at < hashes.length; at++) {
    const hash = (Math.imul(hashes[at]!, factor) + offset) | 0;
    if (hash < least) least = hash;
  }
  return least;
}
