/** What came of one label: rows called so rightly, called so wrongly, and missed. */
export interface Outcome {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

export interface LabelScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows that truly have the label. */
  readonly support: number;
}

export interface AveragedScores {
  /** Mean over labels that occur in truth or answers, each alike. */
  readonly macro: Omit<LabelScores, 'support'>;
  /** From summed counts. For single labels all three are the accuracy. */
  readonly micro: Omit<LabelScores, 'support'>;
  /** Mean over labels by their support. */
  readonly weighted: Omit<LabelScores, 'support'>;
}

/**
 * Precision TP / (TP + FP), recall TP / (TP + FN) and F1 = 2·TP / (2·TP + FP + FN), each in [0, 1], and 0 where the
 * denominator is 0 (scikit-learn's `zero_division=0`).
 */
export function labelScores({ truePositives: tp, falsePositives: fp, falseNegatives: fn }: Outcome): LabelScores {
  return {
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    support: tp + fn,
  };
}

/**
 * Averages over labels. Macro F1 is the mean of the labels' F1, not the F1 of mean precision and recall; labels that occur
 * neither in truth nor in answers are left out of it, as scikit-learn does when it is not given the labels.
 *
 * Van Rijsbergen 1979, "Information Retrieval", ch. 7, for F; Opitz and Burst 2019, "Macro F1 and Macro F1",
 * arXiv:1911.03347, for the two meanings.
 */
export function averageScores(outcomes: readonly Outcome[]): AveragedScores {
  const seen = outcomes.filter((o) => o.truePositives + o.falsePositives + o.falseNegatives > 0);
  const scores = seen.map(labelScores);
  const support = scores.reduce((sum, score) => sum + score.support, 0);
  const meanBy = (weight: (score: LabelScores) => number) => ({
    precision: scores.reduce((sum, score) => sum + weight(score) * score.precision, 0),
    recall: scores.reduce((sum, score) => sum + weight(score) * score.recall, 0),
    f1: scores.reduce((sum, score) => sum + weight(score) * score.f1, 0),
  });
  const { precision, recall, f1 } = labelScores(seen.reduce(addOutcomes, NOTHING));
  return {
    macro: meanBy(() => 1 / scores.length),
    micro: { precision, recall, f1 },
    weighted: meanBy((score) => ratio(score.support, support)),
  };
}

const NOTHING: Outcome = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };

function addOutcomes(a: Outcome, b: Outcome): Outcome {
  return {
    truePositives: a.truePositives + b.truePositives,
    falsePositives: a.falsePositives + b.falsePositives,
    falseNegatives: a.falseNegatives + b.falseNegatives,
  };
}

/** @param confusion  [k, k] true class by predicted class */
export function outcomesOf(confusion: ArrayLike<number>, classes: number): Outcome[] {
  return Array.from({ length: classes }, (_, label) => {
    let [called, actual] = [0, 0];
    for (let other = 0; other < classes; other++) {
      actual += confusion[label * classes + other]!;
      called += confusion[other * classes + label]!;
    }
    const truePositives = confusion[label * classes + label]!;
    return { truePositives, falsePositives: called - truePositives, falseNegatives: actual - truePositives };
  });
}

export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
