import type { RoutingLaw } from '../composition/value.js';
import { ValidationError } from '../common/errors.js';
import type { BrickRef } from './brick-ref.js';
import type { BrickTraits } from './brick-traits.js';

/** What holds the gate vectors by which a law weighs a brick. */
export function gatesOf(law: RoutingLaw, ref: BrickRef, { hasGates }: BrickTraits): BrickRef {
  if (law === 'phatgoose' || law === 'mod_squad') {
    if (hasGates) return ref;
    throw new ValidationError(`expected gates that were fitted for ${law}, got none`);
  }
  throw new ValidationError(`expected a law whose gates are known, got ${law}`);
}
