import { solvePositive } from './cholesky.js';

/** A linear layer, y = W·x + b. */
export interface LinearFit {
  readonly weight: Float32Array; // [classes, width]
  readonly bias: Float32Array; // [classes]
}

/**
 * Least squares on one-hot labels, without passes over the data: sums over examples are kept, and a head is solved from them
 * at any time. The order of the examples does not matter, and no text is kept.
 *
 *     W = (Σ x̃x̃ᵀ + λI)⁻¹ · Σ x̃ỹᵀ,  b = ȳ − W·x̄,  x̃ = x − x̄,  ỹ = y − ȳ
 *
 * McDonnell et al. 2023, "RanPAC: Random Projections and Pre-trained Models for Continual Learning", §3, arXiv:2307.02251.
 */
export class RidgeStatistics {
  private readonly gram: Float64Array; // [width, width] Σ xxᵀ, lower triangle
  private readonly products: Float64Array; // [width, classes] Σ xyᵀ
  private readonly sum: Float64Array; // [width]
  private readonly counts: Float64Array; // [classes]
  private examples = 0;

  constructor(
    private readonly width: number,
    private readonly classes: number,
  ) {
    this.gram = new Float64Array(width * width);
    this.products = new Float64Array(width * classes);
    this.sum = new Float64Array(width);
    this.counts = new Float64Array(classes);
  }

  /** @param x  [width] */
  add(x: Float32Array, label: number): void {
    const { width, classes } = this;
    for (let i = 0; i < width; i++) {
      const value = x[i]!;
      for (let j = 0; j <= i; j++) this.gram[i * width + j]! += value * x[j]!;
      this.products[i * classes + label]! += value;
      this.sum[i]! += value;
    }
    this.counts[label]! += 1;
    this.examples += 1;
  }

  /** @param lambda  over 0 */
  solve(lambda: number): LinearFit {
    const { width, classes, examples, sum, counts } = this;
    const a = Float64Array.from(this.gram);
    const b = Float64Array.from(this.products);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) a[i * width + j]! -= (sum[i]! * sum[j]!) / examples;
      a[i * width + i]! += lambda;
      for (let c = 0; c < classes; c++) b[i * classes + c]! -= (sum[i]! * counts[c]!) / examples;
    }
    const solved = solvePositive(a, b, width); // [width, classes]
    const weight = new Float32Array(classes * width);
    const bias = new Float32Array(classes);
    for (let c = 0; c < classes; c++) {
      let shift = counts[c]!;
      for (let i = 0; i < width; i++) {
        weight[c * width + i] = solved[i * classes + c]!;
        shift -= solved[i * classes + c]! * sum[i]!;
      }
      bias[c] = shift / examples;
    }
    return { weight, bias };
  }
}
