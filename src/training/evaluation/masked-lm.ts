import { ValidationError } from '../../common/errors.js';
import { requireFinite } from './checks.js';

export interface MaskedLmScores {
  /** Mean of −ln p(true token) over masked positions, in nats; NaN for none. */
  readonly loss: number;
  /** e^loss: the number of tokens among which a uniform guess would do as well. Infinity above 709 nats. */
  readonly perplexity: number;
  readonly positions: number;
}

/**
 * Loss and pseudo-perplexity of a masked language model. It is no perplexity of a text, since each token was guessed from
 * both sides; comparable only between models with one vocabulary and one masking.
 *
 * Salazar et al. 2020, "Masked Language Model Scoring", §2.2, arXiv:1910.14659.
 *
 * @param losses  [positions] −ln p(true token) of every masked position
 * @throws ValidationError  for losses that are not finite or below 0
 */
export function maskedLmScores(losses: ArrayLike<number>): MaskedLmScores {
  requireFinite('maskedLmScores: losses', losses);
  let sum = 0;
  for (let at = 0; at < losses.length; at++) {
    const loss = losses[at]!;
    if (loss < -1e-6) throw new ValidationError(`maskedLmScores: losses: expected at least 0, got ${loss} at ${at}`);
    sum += loss;
  }
  const loss = sum / losses.length;
  return { loss, perplexity: Math.exp(loss), positions: losses.length };
}

/** −ln softmax(logits)[target], from the largest logit, so that nothing overflows. */
export function tokenLoss(logits: ArrayLike<number>, target: number): number {
  let largest = -Infinity;
  for (let at = 0; at < logits.length; at++) largest = Math.max(largest, logits[at]!);
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += Math.exp(logits[at]! - largest);
  return Math.log(sum) + largest - logits[target]!;
}
