import type { Value } from '../op.js';
import { mul } from './mul.js';

/** x², as x · x. */
export function square(x: Value): Value {
  return mul(x, x);
}
