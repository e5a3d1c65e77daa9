import { ShapeError } from '../common/errors.js';
import type { Dim } from '../engine/dim.js';
import type { Value } from '../engine/graph.js';
import { cast } from '../engine/ops/cast.js';
import { div } from '../engine/ops/div.js';
import { maximum } from '../engine/ops/maximum.js';
import { mul } from '../engine/ops/mul.js';
import { reduceSum } from '../engine/ops/reduce-sum.js';
import { reshape, unsqueeze } from '../engine/ops/reshape.js';
import { slice } from '../engine/ops/slice.js';

/** `mean` over the tokens that are not padding, or the first position (`cls`). Neither normalises. */
export type Pooling = 'mean' | 'cls';

/**
 * One vector a row, in the graph. A row that is all padding gives zeros by `mean`.
 *
 * @param x    [batch, seq, hidden]
 * @param mask int32 [batch, seq], 1 at tokens
 * @returns    [batch, hidden]
 */
export function pool(x: Value, mask: Value, pooling: Pooling): Value {
  return pooling === 'cls' ? firstPosition(x) : meanOverTokens(x, mask);
}

/** [batch, seq, hidden] → [batch, hidden], position 0. */
export function firstPosition(x: Value): Value {
  const [batch, , hidden] = x.shape as readonly [Dim, Dim, Dim];
  return reshape(slice(x, { starts: [0], ends: [1], axes: [1] }), [batch, hidden]);
}

function meanOverTokens(x: Value, mask: Value): Value {
  const weights = cast(mask, 'float32'); // [batch, seq]
  const sum = reduceSum(mul(x, unsqueeze(weights, [2])), { axes: [1], keepDims: false });
  const tokens = reduceSum(weights, { axes: [1], keepDims: true });
  return div(sum, maximum(tokens, x.graph.scalar(1)));
}

/**
 * The same for one row in host memory, without its padding.
 *
 * @param states [tokens ≥ 1, hidden]
 * @returns      [hidden]
 * @throws ShapeError  when there is no token
 */
export function poolRow(states: Float32Array, hidden: number, pooling: Pooling): Float32Array {
  const tokens = states.length / hidden;
  if (!Number.isInteger(tokens) || tokens < 1) {
    throw new ShapeError(`poolRow: states: expected [tokens ≥ 1, ${hidden}], got ${states.length} numbers`);
  }
  if (pooling === 'cls') return states.slice(0, hidden);
  const mean = new Float64Array(hidden);
  for (let token = 0; token < tokens; token++) {
    for (let i = 0; i < hidden; i++) mean[i]! += states[token * hidden + i]! / tokens;
  }
  return Float32Array.from(mean);
}

/** x / ‖x‖₂ in new memory; a vector of zeros stays zeros. */
export function normalise(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? Float32Array.from(vector) : vector.map((x) => x / length);
}
