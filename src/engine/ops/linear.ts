import { type Value, nth } from '../op.js';
import { add } from './add.js';
import { dequantizeWeightOp } from './dequantize-weight.js';
import { linearInt8 } from './linear-int8.js';
import { matmul } from './matmul.js';

/**
 * y = x · Wᵀ + b, with the weight as PyTorch stores it. With an int8 weight (see `dequantizeWeight`) the product is that
 * of `linearInt8`.
 *
 * @param x  [..., in]
 * @param w  [out, in]
 * @param b  [out]; absent: 0
 * @returns  [..., out]
 */
export function linear(x: Value, w: Value, b?: Value): Value {
  const y = product(x, w);
  return b ? add(y, b) : y;
}

function product(x: Value, w: Value): Value {
  const source = w.graph.producer(w);
  if (source?.op.name !== dequantizeWeightOp.name) return matmul(x, w, { transposeB: true });
  return linearInt8(x, nth(source.inputs, 0), nth(source.inputs, 1));
}
