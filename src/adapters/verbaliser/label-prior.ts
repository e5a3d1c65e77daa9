import { scoresOf } from '../../models/labels.js';

/**
 * The prior of labels that texts without content show: π_l = ln((1/n) Σ_i softmax(s_i)_l). Taken off an answer's logits it
 * divides the probabilities by it, so that such a text gets all labels alike.
 *
 * Zhao et al. 2021, "Calibrate Before Use", §5, arXiv:2102.09690; the mean over several texts as there.
 *
 * @param logits  [labels] of each text, at least one
 * @returns       [labels]; all 0 would be no prior
 */
export function labelPrior(logits: readonly Float32Array[]): number[] {
  const scores = logits.map((row) => scoresOf(row, 'single'));
  return Array.from(logits[0] ?? [], (_, label) => {
    const mean = scores.reduce((sum, row) => sum + (row[label] ?? 0), 0) / scores.length;
    return Math.fround(Math.log(Math.max(mean, Number.MIN_VALUE)));
  });
}
