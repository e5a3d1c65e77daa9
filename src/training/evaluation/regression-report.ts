import { meanAbsoluteError } from './absolute-error.js';
import { bootstrapInterval, type BootstrapOptions, type Interval } from './bootstrap.js';
import { pearson, spearman } from './correlation.js';
import { rowsBySlice, takeRows } from './slices.js';
import { meanSquaredError } from './squared-error.js';

export interface RegressionRows {
  /** [n] */
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
  readonly slices?: readonly (string | undefined)[];
}

export interface RegressionSummary {
  readonly rows: number;
  readonly mse: number;
  readonly mae: number;
  /** Undefined where truth or answers are constant. */
  readonly pearson: number | undefined;
  readonly spearman: number | undefined;
}

export interface RegressionReport extends RegressionSummary {
  readonly perSlice: Readonly<Record<string, RegressionSummary>>;
  readonly intervals: { readonly mse: Interval | undefined; readonly spearman: Interval | undefined } | undefined;
}

/** All metrics of regression. @throws ValidationError for numbers that are not finite */
export function evaluateRegression(
  { truth, predicted, slices }: RegressionRows,
  bootstrap?: BootstrapOptions,
): RegressionReport {
  const part = (rows: Uint32Array) => summarize(takeRows(truth, rows, 1), takeRows(predicted, rows, 1));
  return {
    ...summarize(truth, predicted),
    perSlice: Object.fromEntries(
      [...(slices ? rowsBySlice(slices, truth.length) : [])].map(([slice, rows]) => [slice, part(rows)]),
    ),
    intervals: bootstrap && {
      mse: bootstrapInterval(truth.length, (rows) => part(rows).mse, bootstrap),
      spearman: bootstrapInterval(truth.length, (rows) => part(rows).spearman, bootstrap),
    },
  };
}

function summarize(truth: ArrayLike<number>, predicted: ArrayLike<number>): RegressionSummary {
  return {
    rows: truth.length,
    mse: meanSquaredError(truth, predicted),
    mae: meanAbsoluteError(truth, predicted),
    pearson: pearson(truth, predicted),
    spearman: spearman(truth, predicted),
  };
}
