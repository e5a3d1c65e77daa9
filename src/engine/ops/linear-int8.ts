import { ShapeError } from '../../common/errors.js';
import { dimToString } from '../dim.js';
import { type OnnxEmitter, type Op, type Value, apply, expectDType, expectRank, nth, shapeFault } from '../op.js';
import { shapeToString } from '../shape.js';
import { tensor } from '../tensor.js';
import type { NoAttrs } from './unary.js';

/** Steps from zero to the largest |x| of a row: x is 128 ± 127 as an unsigned byte. */
const X_STEPS = 127;
const X_ZERO = 128;
/** A row whose largest |x| is below this (2⁻¹⁰⁰) counts as zeros, so that no scale is zero or subnormal. */
const TINY = 2 ** -100;

/**
 * Largest |integer| of a weight. Processors without VNNI multiply unsigned by signed bytes in pairs and add each pair in
 * 16 bits, saturating without notice: 255 · 127 · 2 = 64,770 does not fit into 32,767, 255 · 64 · 2 = 32,640 does. So
 * weights have seven bits, and every processor computes the same integers.
 */
export const MAX_INT8_WEIGHT = 64;

export const linearInt8Op: Op<NoAttrs> = {
  name: 'linearInt8',
  infer(inputs) {
    const [x, w, scale] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    expectDType('linearInt8', 'x', x, 'float32');
    expectDType('linearInt8', 'w', w, 'int8');
    expectDType('linearInt8', 'scale', scale, 'float32');
    expectRank('linearInt8', 'x', x, 1);
    const [inside, out] = w.shape;
    if (w.shape.length !== 2 || typeof inside !== 'number' || typeof out !== 'number')
      throw shapeFault('linearInt8', 'w', 'two axes of known size', shapeToString(w.shape));
    if (nth(x.shape, -1) !== inside)
      throw shapeFault('linearInt8', 'x', `${inside} at the last axis`, dimToString(nth(x.shape, -1)));
    if (scale.shape.length !== 1 || scale.shape[0] !== out)
      throw shapeFault('linearInt8', 'scale', `[${out}]`, shapeToString(scale.shape));
    return [{ dtype: 'float32', shape: [...x.shape.slice(0, -1), out] }];
  },
  gradient() {
    throw new ShapeError(
      'linearInt8: expected no gradient through an int8 layer, got a loss that depends on its input',
    );
  },
  onnx(emit, inputs, { inputs: [, w], outputs }) {
    const [x, weight, scale] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    const rows = one(emit, 'Reshape', [x, emit.int64([-1, nth(w?.shape ?? [], 0) as number])]);
    const { integers, steps } = quantizeRows(emit, rows);
    const [unit, zero] = [scalar(emit, 1), emit.constant(tensor('uint8', [], Uint8Array.of(X_ZERO)))];
    const product = [integers, weight, unit, scale, zero];
    const scaled = one(emit, 'MatMulIntegerToFloat', product, {}, { domain: 'com.microsoft' }); // [rows, out]
    const y = one(emit, 'Mul', [scaled, steps]);
    return emit.node('Reshape', [y, emit.dims(nth(outputs, 0).shape)]);
  },
  /** In floats, whose sums of integers are exact below 2²⁴; for the 64-bit products of a test, not for speed. */
  eager(tf, inputs) {
    const [x, w, scale] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    const rows = tf.reshape(x, [-1, nth(w.shape, 0)]);
    const largest = tf.maximum(tf.max(tf.abs(rows), 1, true), TINY);
    const steps = tf.add(tf.mul(largest, Math.fround(1 / X_STEPS)), tf.mul(tf.sum(rows, 1, true), 0));
    const integers = tf.clipByValue(tf.round(tf.div(rows, steps)), -X_ZERO, X_STEPS);
    const y = tf.mul(tf.mul(tf.matMul(integers, tf.cast(w, 'float32')), scale), steps);
    return [tf.reshape(y, [...x.shape.slice(0, -1), nth(w.shape, 1)])];
  },
};

/**
 * y = x · Wᵀ in integers: y = (Σᵢ q(x)ᵢ · wᵢ) · sx · scale, where sx = max|x| / 127 over the last axis of x alone and
 * q(x) = round(x / sx), halves to even. So a row's answer does not depend on the rows beside it, and |x − sx·q(x)| is at
 * most sx/2. Sums are exact in 32 bits (up to 132,000 inputs) whatever the processor, since |w| ≤ 64.
 *
 * The scale of a row is that of Dettmers et al. 2022, "LLM.int8()", §2.1, arXiv:2208.07339 (vector-wise quantisation). Made
 * of plain ops, since DynamicQuantizeLinear has one scale for the whole tensor. So has the input of MatMulIntegerToFloat,
 * which is given the outputs' scales alone; it applies them before it writes, where MatMulInteger needs a Cast and a Mul.
 * Least and greatest x are found without writing |x|; equal nodes of layers that read one x are merged by ONNX Runtime.
 * No gradient: round is flat.
 *
 * @param x      [..., in]
 * @param w      int8 [in, out], as the product reads it; |w| ≤ 64
 * @param scale  float32 [out], what one step of each output's weights is worth
 * @returns      [..., out]; a row with NaN or ±∞, or whose sum overflows, is NaN, and it alone
 * @throws ShapeError  when shapes do not fit, or a gradient is asked for
 */
export function linearInt8(x: Value, w: Value, scale: Value): Value {
  return apply(linearInt8Op, [x, w, scale], {});
}

/** Rows [rows, in] as unsigned bytes around 128, and what one step of each row is worth [rows, 1]. */
function quantizeRows(emit: OnnxEmitter, rows: string): { integers: string; steps: string } {
  const last = emit.int64([-1]);
  const greatest = one(emit, 'ReduceMax', [rows, last]);
  const least = one(emit, 'ReduceMin', [rows, last]);
  const largest = one(emit, 'Max', [greatest, one(emit, 'Neg', [least]), scalar(emit, TINY)]);
  const finite = one(emit, 'Mul', [largest, scalar(emit, 1 / X_STEPS)]);
  // ReduceMax passes over NaN; a sum does not, and 0 · ∞ is NaN.
  const fault = one(emit, 'Mul', [one(emit, 'ReduceSum', [rows, last]), scalar(emit, 0)]);
  const each = one(emit, 'Reshape', [one(emit, 'Add', [finite, fault]), last]); // [rows]
  const steps = one(emit, 'Reshape', [each, emit.int64([-1, 1])]); // [rows, 1]; ReduceMax of no rows is [0, in]
  const zero = emit.constant(tensor('uint8', [], Uint8Array.of(X_ZERO)));
  const zeros = one(emit, 'Expand', [zero, one(emit, 'Shape', [each])]); // [rows]
  return { integers: one(emit, 'QuantizeLinear', [rows, each, zeros], { axis: { int: 0 } }), steps };
}

function scalar(emit: OnnxEmitter, x: number): string {
  return emit.constant(tensor('float32', [], Float32Array.of(x)));
}

function one(emit: OnnxEmitter, ...node: Parameters<OnnxEmitter['node']>): string {
  return nth(emit.node(...node), 0);
}
