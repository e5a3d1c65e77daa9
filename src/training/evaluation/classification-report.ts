import { accuracy, bestClasses } from './accuracy.js';
import { oneVsRestAuc } from './auc-roc.js';
import { bootstrapInterval, type BootstrapOptions, type Interval } from './bootstrap.js';
import { brierScore } from './brier.js';
import { equalMassCalibration, equalWidthCalibration, type Calibration } from './calibration.js';
import { requireLength } from './checks.js';
import { confusionMatrix } from './confusion-matrix.js';
import { logLoss } from './log-loss.js';
import { averageScores, labelScores, outcomesOf, type AveragedScores, type LabelScores } from './precision-recall.js';
import { rowsBySlice, takeRows } from './slices.js';

export interface ClassificationRows {
  readonly labels: readonly string[];
  /** [n, labels] probabilities, row-major. */
  readonly scores: ArrayLike<number>;
  /** [n] index of the true label. */
  readonly truth: ArrayLike<number>;
  /** [n] */
  readonly slices?: readonly (string | undefined)[];
}

export interface ClassificationSummary extends AveragedScores {
  readonly rows: number;
  readonly accuracy: number;
  readonly logLoss: number;
  readonly brier: number;
  readonly ece: number;
}

export interface ClassificationReport extends ClassificationSummary {
  /** Means of one-vs-rest areas over labels that have one. */
  readonly auc: { readonly macro: number | undefined; readonly weighted: number | undefined };
  readonly perLabel: readonly (LabelScores & { readonly label: string; readonly auc: number | undefined })[];
  /** [labels, labels] true by predicted. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration: { readonly equalWidth: Calibration; readonly equalMass: Calibration };
  readonly perSlice: Readonly<Record<string, ClassificationSummary>>;
  readonly intervals: { readonly accuracy: Interval; readonly macroF1: Interval } | undefined;
}

const BINS = 15;

/**
 * All metrics of single-label classification. A class is answered by the largest score, of equal ones by the first.
 *
 * @param bootstrap  for intervals of accuracy and macro F1; none when absent
 * @throws ValidationError  for no rows, and scores that are no probabilities
 */
export function evaluateClassification(
  { labels, scores, truth, slices }: ClassificationRows,
  bootstrap?: BootstrapOptions,
): ClassificationReport {
  const classes = labels.length;
  const predicted = bestClasses(scores, classes);
  const { summary, confusion } = summarize(scores, truth, classes);
  const areas = oneVsRestAuc(scores, truth, classes);
  const { confidences, right } = answers(scores, truth, predicted, classes);
  const parts = [...(slices ? rowsBySlice(slices, truth.length) : [])];
  return {
    ...summary,
    auc: { macro: areas.macro, weighted: areas.weighted },
    perLabel: outcomesOf(confusion, classes).map((outcome, at) => ({
      label: labels[at]!,
      ...labelScores(outcome),
      auc: areas.perLabel[at],
    })),
    confusion: labels.map((_, at) => [...confusion.subarray(at * classes, (at + 1) * classes)]),
    calibration: {
      equalWidth: equalWidthCalibration(confidences, right, BINS),
      equalMass: equalMassCalibration(confidences, right, BINS),
    },
    perSlice: Object.fromEntries(
      parts.map(([slice, rows]) => {
        const own = summarize(takeRows(scores, rows, classes), takeRows(truth, rows, 1), classes);
        return [slice, own.summary];
      }),
    ),
    intervals: bootstrap && intervalsOf(predicted, truth, classes, bootstrap),
  };
}

function summarize(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): { summary: ClassificationSummary; confusion: Uint32Array } {
  requireLength('evaluateClassification: scores', scores.length, truth.length * classes);
  const predicted = bestClasses(scores, classes);
  const confusion = confusionMatrix(truth, predicted, classes);
  const { confidences, right } = answers(scores, truth, predicted, classes);
  const summary = {
    rows: truth.length,
    accuracy: accuracy(truth, predicted),
    ...averageScores(outcomesOf(confusion, classes)),
    logLoss: logLoss(scores, truth, classes),
    brier: brierScore(scores, truth, classes),
    ece: equalWidthCalibration(confidences, right, BINS).ece,
  };
  return { summary, confusion };
}

function answers(scores: ArrayLike<number>, truth: ArrayLike<number>, predicted: Int32Array, classes: number) {
  const confidences = Float64Array.from(predicted, (label, row) => Math.min(1, scores[row * classes + label]!));
  const right = Uint8Array.from(predicted, (label, row) => Number(label === truth[row]));
  return { confidences, right };
}

function intervalsOf(
  predicted: Int32Array,
  truth: ArrayLike<number>,
  classes: number,
  bootstrap: BootstrapOptions,
): { accuracy: Interval; macroF1: Interval } {
  const accuracyOf = (rows: Uint32Array) =>
    rows.reduce((sum, row) => sum + Number(predicted[row] === truth[row]), 0) / rows.length;
  const macroF1 = (rows: Uint32Array) => macroF1Of(rows, predicted, truth, classes);
  return {
    accuracy: bootstrapInterval(truth.length, accuracyOf, bootstrap)!,
    macroF1: bootstrapInterval(truth.length, macroF1, bootstrap)!,
  };
}

/** Macro F1 of some rows; for `bootstrapInterval` and `pairedBootstrap`. */
export function macroF1Of(
  rows: Uint32Array,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): number {
  const confusion = new Uint32Array(classes * classes);
  for (const row of rows) confusion[truth[row]! * classes + predicted[row]!]!++;
  return averageScores(outcomesOf(confusion, classes)).macro.f1;
}
