import { ValidationError } from '../../common/errors.js';

/** Share of a route's own inputs that may fall to the base. */
export const DEFAULT_ABSTAINED = 0.05;

/**
 * The floor of a route, from its largest logits on inputs that its members are for: the `abstained` quantile, so that this
 * share of such inputs is answered by the base, and whatever looks less like any member than they do.
 *
 * @param largest  the largest logit of each input
 * @throws ValidationError  without inputs, or for a share outside 0 … 1
 */
export function calibratedFloor(largest: readonly number[], abstained = DEFAULT_ABSTAINED): number {
  if (largest.length === 0) throw new ValidationError('floor: expected inputs to calibrate on, got none');
  if (!(abstained >= 0 && abstained <= 1))
    throw new ValidationError(`floor: expected a share from 0 to 1, got ${abstained}`);
  const sorted = [...largest].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(abstained * sorted.length))]!;
}
