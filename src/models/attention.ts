import { type Dim, dimToString } from '../engine/dim.js';
import type { Value } from '../engine/graph.js';
import { ShapeError } from '../common/errors.js';
import { add } from '../engine/ops/add.js';
import { matmul } from '../engine/ops/matmul.js';
import { mul } from '../engine/ops/mul.js';
import { reshape } from '../engine/ops/reshape.js';
import { softmax } from '../engine/ops/softmax.js';
import { transpose } from '../engine/ops/transpose.js';

export interface AttentionInputs {
  readonly query: Value; // [batch, seq, hidden]
  readonly key: Value; // [batch, keys, hidden]
  readonly value: Value; // [batch, keys, hidden]
  readonly mask: Value; // additive, [batch, 1, 1, keys]
  readonly bias?: Value; // additive, [heads, seq, keys]
}

/**
 * Multi-head attention: softmax(Q·Kᵀ / √d + bias + mask)·V for each of `heads` slices of width d = hidden / heads, joined
 * again. Keys may be more than queries (prefix tokens).
 *
 * Vaswani et al. 2017, "Attention Is All You Need", §3.2, arXiv:1706.03762.
 *
 * @returns [batch, seq, hidden]
 */
export function attention({ query, key, value, mask, bias }: AttentionInputs, heads: number): Value {
  const { graph } = query;
  const [q, k, v] = [splitHeads(query, heads), splitHeads(key, heads), splitHeads(value, heads)];
  const scale = graph.scalar(1 / Math.sqrt(headWidth(query, heads)));
  let scores = mul(matmul(q, k, { transposeB: true }), scale); // [batch, h, seq, keys]
  if (bias) scores = add(scores, bias);
  const context = matmul(softmax(add(scores, mask), -1), v); // [batch, h, seq, d]
  return reshape(transpose(context, [0, 2, 1, 3]), query.shape);
}

/** [batch, seq, h·d] → [batch, h, seq, d] */
function splitHeads(x: Value, heads: number): Value {
  const [batch, seq] = x.shape as readonly [Dim, Dim, Dim];
  return transpose(reshape(x, [batch, seq, heads, headWidth(x, heads)]), [0, 2, 1, 3]);
}

function headWidth(x: Value, heads: number): number {
  const hidden = x.shape[2];
  if (x.shape.length === 3 && typeof hidden === 'number' && hidden % heads === 0) return hidden / heads;
  const got = x.shape.map(dimToString).join(', ');
  throw new ShapeError(`attention: x: expected [batch, seq, a multiple of ${heads}], got [${got}]`);
}
