import { ValidationError } from '../../common/errors.js';

/** @throws ValidationError  when a number is NaN or infinite: a metric of it would hide that the model has failed */
export function requireFinite(what: string, numbers: ArrayLike<number>): void {
  for (let at = 0; at < numbers.length; at++) {
    if (!Number.isFinite(numbers[at])) {
      throw new ValidationError(`${what}: expected finite numbers, got ${String(numbers[at])} at ${at}`);
    }
  }
}

/** @throws ValidationError */
export function requireLength(what: string, got: number, expected: number): void {
  if (got !== expected) throw new ValidationError(`${what}: expected ${expected} numbers, got ${got}`);
}

/** @throws ValidationError  when an entry is no whole number in [0, count) */
export function requireIndices(what: string, indices: ArrayLike<number>, count: number): void {
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]!;
    if (!(Number.isSafeInteger(index) && index >= 0 && index < count)) {
      throw new ValidationError(`${what}: expected whole numbers from 0 below ${count}, got ${index} at ${at}`);
    }
  }
}

/** @throws ValidationError  when rows [n, classes] hold anything but probabilities that sum to 1 within 10⁻³ */
export function requireDistributions(what: string, scores: ArrayLike<number>, classes: number): void {
  requireFinite(what, scores);
  for (let start = 0; start < scores.length; start += classes) {
    let sum = 0;
    for (let at = start; at < start + classes; at++) {
      if (scores[at]! < 0) throw new ValidationError(`${what}: expected probabilities, got ${scores[at]!} at ${at}`);
      sum += scores[at]!;
    }
    if (Math.abs(sum - 1) > 1e-3) {
      throw new ValidationError(`${what}: expected rows that sum to 1, got ${sum} in row ${start / classes}`);
    }
  }
}
