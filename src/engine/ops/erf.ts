import { type Op, type Value, apply } from '../op.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { type NoAttrs, unaryOp } from './unary.js';

export const erfOp: Op<NoAttrs> = unaryOp({
  name: 'erf',
  onnx: 'Erf',
  eager: (tf, x) => tf.erf(x),
  gradient: (dy, x) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
});

/** The error function, 2/√π · ∫₀ˣ exp(−t²) dt. */
export function erf(x: Value): Value {
  return apply(erfOp, [x], {});
}
