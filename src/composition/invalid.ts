import { ValidationError } from '../common/errors.js';

/** A composition that breaks a rule. @param at  the place, e.g. `composition.sum[1].weight` */
export function invalidComposition(at: string, rule: string): ValidationError {
  return new ValidationError(`${at}: ${rule}`, { code: 'invalid_composition', param: at });
}
