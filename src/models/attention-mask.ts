import type { Value } from '../engine/graph.js';
import { cast } from '../engine/ops/cast.js';
import { mul } from '../engine/ops/mul.js';
import { sub } from '../engine/ops/sub.js';
import { unsqueeze } from '../engine/ops/reshape.js';

/**
 * Finite, so that a row that is all padding has equal scores (softmax 1/n) and not NaN; so large that a score added to it
 * is lost, and that its exponential after the subtraction of the row's maximum is exactly 0.
 */
const MASKED = 1e30;

/**
 * What is added to attention scores: 0 at tokens, −1e30 at padding.
 *
 * @param mask int32 [batch, keys], 1 at tokens and 0 at padding
 * @returns    float32 [batch, 1, 1, keys]
 */
export function additiveMask(mask: Value): Value {
  const { graph } = mask;
  const zeroAtTokens = sub(cast(mask, 'float32'), graph.scalar(1));
  return unsqueeze(mul(zeroAtTokens, graph.scalar(MASKED)), [1, 2]);
}
