import { ValidationError } from '../../common/errors.js';
import type { Random } from '../../common/random.js';

export interface BootstrapOptions {
  /** Number B of resamples; 1,000 for an interval, more for a small p. */
  readonly samples: number;
  /** In (0, 1); 0.95 when absent. */
  readonly confidence?: number;
  /** A stream of its own, such as Random.stream(seed, 'bootstrap'). */
  readonly random: Pick<Random, 'below'>;
}

export interface Interval {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** A metric of some rows, given by their numbers, which may repeat; undefined where the rows do not define it. */
export type Statistic = (rows: Uint32Array) => number | undefined;

/**
 * Percentile bootstrap interval of a metric: B times, n rows are drawn with replacement and the metric taken; the interval
 * holds the middle `confidence` of these values. Resamples that do not define the metric, such as an AUC of one class, are
 * left out. Deterministic for a stream. Cost B times the metric.
 *
 * Efron and Tibshirani 1993, "An Introduction to the Bootstrap", §13.3. Too narrow for very few rows.
 *
 * @param rows  n
 * @throws ValidationError  for no rows, options out of range, and metrics that are NaN
 */
export function bootstrapInterval(rows: number, statistic: Statistic, options: BootstrapOptions): Interval | undefined {
  const value = take(statistic, allRows(rows));
  if (value === undefined) return undefined;
  const values = resampled(rows, statistic, options);
  const [lower, upper] = middle(values, options.confidence ?? 0.95);
  return { value, lower, upper };
}

export interface PairedComparison extends Interval {
  /**
   * Share of resamples in which the difference is not above 0, with one added above and below the line so that it is never
   * 0: a one-sided p for "a is no better than b".
   */
  readonly p: number;
}

/**
 * Paired bootstrap of the difference a − b of a metric between two systems on the same rows: each resample takes the same
 * rows for both, so what makes a row hard for both cancels out.
 *
 * Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation", §4; Davison and Hinkley 1997, §4.2.3 for
 * the added one.
 */
export function pairedBootstrap(
  rows: number,
  a: Statistic,
  b: Statistic,
  options: BootstrapOptions,
): PairedComparison | undefined {
  const difference: Statistic = (drawn) => {
    const [x, y] = [take(a, drawn), take(b, drawn)];
    return x === undefined || y === undefined ? undefined : x - y;
  };
  const value = difference(allRows(rows));
  if (value === undefined) return undefined;
  const values = resampled(rows, difference, options);
  const [lower, upper] = middle(values, options.confidence ?? 0.95);
  const notAbove = values.filter((x) => x <= 0).length;
  return { value, lower, upper, p: (notAbove + 1) / (values.length + 1) };
}

/** Values of the metric over resamples, ascending. */
function resampled(rows: number, statistic: Statistic, { samples, random }: BootstrapOptions): Float64Array {
  if (!(Number.isSafeInteger(samples) && samples > 0)) {
    throw new ValidationError(`bootstrap: samples: expected a whole number from 1, got ${samples}`);
  }
  const values: number[] = [];
  const drawn = new Uint32Array(rows);
  for (let sample = 0; sample < samples; sample++) {
    for (let at = 0; at < rows; at++) drawn[at] = random.below(rows);
    const value = take(statistic, drawn);
    if (value !== undefined) values.push(value);
  }
  return Float64Array.from(values).sort();
}

function allRows(rows: number): Uint32Array {
  if (!(Number.isSafeInteger(rows) && rows > 0)) {
    throw new ValidationError(`bootstrap: expected at least one row, got ${rows}`);
  }
  return Uint32Array.from({ length: rows }, (_, row) => row);
}

function take(statistic: Statistic, rows: Uint32Array): number | undefined {
  const value = statistic(rows);
  if (Number.isNaN(value)) throw new ValidationError('bootstrap: expected a metric that is a number, got NaN');
  return value;
}

/** Ends of the middle share of ascending values, by linear interpolation between neighbours. */
function middle(values: Float64Array, confidence: number): [number, number] {
  if (!(confidence > 0 && confidence < 1)) {
    throw new ValidationError(`bootstrap: confidence: expected (0, 1), got ${confidence}`);
  }
  if (values.length === 0)
    throw new ValidationError('bootstrap: expected a resample that defines the metric, got none');
  return [quantile(values, (1 - confidence) / 2), quantile(values, (1 + confidence) / 2)];
}

function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below);
}
