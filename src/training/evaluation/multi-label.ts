import { requireFinite, requireLength } from './checks.js';
import { averageScores, labelScores, ratio, type AveragedScores, type LabelScores, type Outcome } from './precision-recall.js'; // prettier-ignore

export interface MultiLabelScores extends AveragedScores {
  /** Share of rows whose labels are all right. */
  readonly subsetAccuracy: number;
  /** Share of single yes-or-no answers that are wrong. */
  readonly hammingLoss: number;
  /** Mean over rows of their own F1; a row without labels, rightly answered by none, counts 1. */
  readonly samplesF1: number;
  /** [k] */
  readonly perLabel: readonly LabelScores[];
}

/**
 * Metrics where a row has any number of labels. NaN for no rows.
 *
 * Tsoumakas, Katakis and Vlahavas 2010, "Mining Multi-label Data", §7.
 *
 * @param truth      [n, k] 1 for a label the row has
 * @param predicted  [n, k] 1 for a label answered; see `thresholded`
 */
export function multiLabelScores(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: number,
): MultiLabelScores {
  requireLength('multiLabelScores: predicted', predicted.length, truth.length);
  const perLabel = Array.from({ length: labels }, (_, label) => outcomeOf(truth, predicted, label, labels));
  const rows = truth.length / labels;
  let [exact, wrong, f1] = [0, 0, 0];
  for (let start = 0; start < truth.length; start += labels) {
    const row = outcomeOf(slice(truth, start, labels), slice(predicted, start, labels), 0, 1);
    const mistakes = row.falsePositives + row.falseNegatives;
    if (mistakes === 0) exact++;
    wrong += mistakes;
    f1 += mistakes === 0 ? 1 : labelScores(row).f1;
  }
  return {
    subsetAccuracy: exact / rows,
    hammingLoss: rows === 0 ? NaN : ratio(wrong, truth.length),
    samplesF1: f1 / rows,
    perLabel: perLabel.map(labelScores),
    ...averageScores(perLabel),
  };
}

/** 1 where a probability reaches the threshold. @throws ValidationError for scores that are not finite */
export function thresholded(scores: ArrayLike<number>, threshold = 0.5): Uint8Array {
  requireFinite('thresholded: scores', scores);
  return Uint8Array.from(scores, (score) => Number(score >= threshold));
}

/** Outcome of every `stride`-th entry from `first` on. */
function outcomeOf(truth: ArrayLike<number>, predicted: ArrayLike<number>, first: number, stride: number): Outcome {
  let [truePositives, falsePositives, falseNegatives] = [0, 0, 0];
  for (let at = first; at < truth.length; at += stride) {
    const [is, said] = [truth[at] === 1, predicted[at] === 1];
    if (is && said) truePositives++;
    else if (said) falsePositives++;
    else if (is) falseNegatives++;
  }
  return { truePositives, falsePositives, falseNegatives };
}

function slice(numbers: ArrayLike<number>, start: number, length: number): number[] {
  return Array.from({ length }, (_, at) => numbers[start + at]!);
}
