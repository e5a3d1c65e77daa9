import { ValidationError } from '../../common/errors.js';
import { requireFinite, requireLength } from './checks.js';

export interface ReliabilityBin {
  /** Confidences in the bin: lower < c ≤ upper (the first bin holds its lower end too). */
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
  /** Means over the bin; NaN where it is empty. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error Σ (nᵦ/n)·|accᵦ − confᵦ|, in [0, 1]; NaN for no rows. */
  readonly ece: number;
  /** The largest |accᵦ − confᵦ| of a bin with rows. */
  readonly mce: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Calibration over bins of equal width: whether answers given with confidence c are right with frequency c.
 *
 * Guo et al. 2017, "On Calibration of Modern Neural Networks", §2, arXiv:1706.04599. The value depends on the number of
 * bins and is biased upwards for few rows.
 *
 * @param confidences  [n] probability of the class answered, in [0, 1]
 * @param right        [n] 1 where that class is right
 */
export function equalWidthCalibration(
  confidences: ArrayLike<number>,
  right: ArrayLike<number>,
  bins = 15,
): Calibration {
  check(confidences, right, bins);
  const edges = Array.from({ length: bins + 1 }, (_, i) => i / bins);
  const rows: number[][] = Array.from({ length: bins }, () => []);
  for (let row = 0; row < confidences.length; row++) {
    rows[Math.max(0, Math.ceil(confidences[row]! * bins) - 1)]!.push(row);
  }
  return summarize(rows.map((own, i) => binOf(own, edges[i]!, edges[i + 1]!, confidences, right)));
}

/**
 * The same over bins of equal mass: rows sorted by confidence and cut into bins of n/bins rows, so that no bin is nearly
 * empty. Bins end at the confidences they hold; rows of one confidence may be cut apart, in the order of the input.
 *
 * Nguyen and O'Connor 2015, "Posterior calibration and exploratory analysis for NLP models", §3, arXiv:1508.05154.
 */
export function equalMassCalibration(confidences: ArrayLike<number>, right: ArrayLike<number>, bins = 15): Calibration {
  check(confidences, right, bins);
  const order = Array.from({ length: confidences.length }, (_, row) => row);
  order.sort((a, b) => confidences[a]! - confidences[b]! || a - b);
  const made: ReliabilityBin[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const own = order.slice(Math.floor((bin * order.length) / bins), Math.floor(((bin + 1) * order.length) / bins));
    if (own.length === 0) continue;
    made.push(binOf(own, made.at(-1)?.upper ?? confidences[own[0]!]!, confidences[own.at(-1)!]!, confidences, right));
  }
  return summarize(made);
}

function check(confidences: ArrayLike<number>, right: ArrayLike<number>, bins: number): void {
  requireLength('calibration: right', right.length, confidences.length);
  requireFinite('calibration: confidences', confidences);
  if (!(Number.isSafeInteger(bins) && bins > 0)) {
    throw new ValidationError(`calibration: bins: expected a whole number from 1, got ${bins}`);
  }
  for (let row = 0; row < confidences.length; row++) {
    const confidence = confidences[row]!;
    if (confidence < 0 || confidence > 1) {
      throw new ValidationError(`calibration: confidences: expected [0, 1], got ${confidence} at ${row}`);
    }
  }
}

function binOf(
  rows: readonly number[],
  lower: number,
  upper: number,
  confidences: ArrayLike<number>,
  right: ArrayLike<number>,
): ReliabilityBin {
  const meanOf = (of: ArrayLike<number>) => rows.reduce((sum, row) => sum + of[row]!, 0) / rows.length;
  return { lower, upper, rows: rows.length, confidence: meanOf(confidences), accuracy: meanOf(right) };
}

function summarize(bins: readonly ReliabilityBin[]): Calibration {
  const filled = bins.filter((bin) => bin.rows > 0);
  const total = filled.reduce((sum, bin) => sum + bin.rows, 0);
  const gaps = filled.map((bin) => Math.abs(bin.accuracy - bin.confidence));
  const ece = total === 0 ? NaN : filled.reduce((sum, bin, i) => sum + (bin.rows / total) * gaps[i]!, 0);
  return { ece, mce: total === 0 ? NaN : Math.max(...gaps), bins };
}
