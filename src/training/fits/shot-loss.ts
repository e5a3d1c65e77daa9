import { ValidationError } from '../../common/errors.js';
import type { HeadLabels } from '../../models/heads.js';
import type { EncodedExample } from '../run/encoded-example.js';

/** The sum of the losses of a row, and how much it counts; the loss of several is Σ sum / Σ weight. */
export interface ShotLoss {
  readonly sum: number;
  readonly weight: number;
}

/**
 * The loss of a row's logits as training has it: −log softmax(logits)[label], for tokens at each that has a label; several
 * labels: the mean of −log σ(±logit); regression: the mean squared error. In float64, so that a search sees small changes.
 *
 * @param logits  [labels], of tokens [positions, labels]
 * @throws ValidationError  for logits that are not as many as the labels ask
 */
export function shotLoss(logits: Float32Array, example: EncodedExample, { labels, problem }: HeadLabels): ShotLoss {
  const width = labels.length;
  const { tokenLabels, values, label = -100, weight } = example;
  const rows = tokenLabels ? tokenLabels.length : 1;
  if (logits.length !== rows * width)
    throw new ValidationError(`fit: logits: expected ${rows} rows of ${width}, got ${logits.length} numbers`);
  if (problem !== 'single')
    return { sum: weight * valueLoss(logits, values ?? new Float32Array(width), problem), weight };
  const targets = tokenLabels ?? Int32Array.of(label);
  let [sum, count] = [0, 0];
  targets.forEach((target, row) => {
    if (target < 0) return;
    sum += crossEntropy(logits.subarray(row * width, (row + 1) * width), target);
    count++;
  });
  return { sum: weight * sum, weight: weight * count };
}

function crossEntropy(logits: Float32Array, target: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const odds = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return Math.log(odds) + largest - logits[target]!;
}

function valueLoss(logits: Float32Array, values: Float32Array, problem: 'multi' | 'regression'): number {
  const losses = Array.from(logits, (logit, at) => {
    const value = values[at] ?? 0;
    if (problem === 'regression') return (logit - value) ** 2;
    return Math.max(logit, 0) - logit * value + Math.log1p(Math.exp(-Math.abs(logit)));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
