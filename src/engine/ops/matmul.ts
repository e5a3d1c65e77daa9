import { dimToString, mulDims, sameDim } from '../dim.js';
import {
  type OnnxEmitter,
  type Op,
  type TfTensor,
  type Tfjs,
  type Value,
  apply,
  expectDType,
  expectRank,
  nth,
  shapeFault,
} from '../op.js';
import { type Shape, broadcastShapes, shapeToString } from '../shape.js';
import { stretch, sumTo } from './reduce-sum.js';
import { reshape } from './reshape.js';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matmulOp: Op<MatmulAttrs> = {
  name: 'matmul',
  infer(inputs, { transposeA, transposeB }) {
    const [a, b] = [nth(inputs, 0), nth(inputs, 1)];
    for (const [operand, value] of [
      ['a', a],
      ['b', b],
    ] as const) {
      expectDType('matmul', operand, value, 'float32');
      expectRank('matmul', operand, value, 2);
    }
    const [m, inner] = lastTwo(a.shape, transposeA);
    const [innerB, n] = lastTwo(b.shape, transposeB);
    if (!sameDim(inner, innerB)) {
      const axis = transposeB ? 'last' : 'last but one';
      throw shapeFault(
        'matmul',
        'b',
        `${dimToString(inner)} at the ${axis} axis, for a ${shapeToString(a.shape)}`,
        shapeToString(b.shape),
      );
    }
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'matmul');
    return [{ dtype: 'float32', shape: [...batch, m, n] }];
  },
  gradient({ inputs, attrs }, [dy]) {
    if (!dy) return [];
    const [a, b] = [nth(inputs, 0), nth(inputs, 1)];
    return [gradientOfA(dy, a, b, attrs), gradientOfB(dy, a, b, attrs)];
  },
  onnx(emit, inputs, { inputs: [a, b], attrs }) {
    const left = attrs.transposeA ? swapped(emit, nth(inputs, 0), a) : nth(inputs, 0);
    const right = attrs.transposeB ? swapped(emit, nth(inputs, 1), b) : nth(inputs, 1);
    return emit.node('MatMul', [left, right]);
  },
  eager(tf, inputs, { attrs }) {
    const [a, b] = [nth(inputs, 0), nth(inputs, 1)];
    if (b.rank > 2 || attrs.transposeA) return [batched(tf, a, b, attrs)];
    // One 2-D product: tfjs's WebAssembly backend takes a slow path for [.., m, k] · [k, n].
    const flat = tf.reshape(a, [a.shape.slice(0, -1).reduce((p, d) => p * d, 1), nth(a.shape, -1)]);
    const y = tf.matMul(flat, b, false, attrs.transposeB);
    return [tf.reshape(y, [...a.shape.slice(0, -1), nth(y.shape, -1)])];
  },
};

/**
 * Matrix product over the last two axes, y = a · b, either one transposed on request; leading axes are broadcast.
 * Cost: m · k · n multiply-adds for each leading index.
 *
 * @param a  [..., m, k], or [..., k, m] with `transposeA`
 * @param b  [..., k, n], or [..., n, k] with `transposeB`; a 2-D b is one matrix for all, the usual linear layer
 * @returns  [..., m, n]
 * @throws ShapeError  when the inner sizes differ or the leading axes do not broadcast
 */
export function matmul(
  a: Value,
  b: Value,
  { transposeA = false, transposeB = false }: Partial<MatmulAttrs> = {},
): Value {
  return apply(matmulOp, [a, b], { transposeA, transposeB });
}

function lastTwo(shape: Shape, transposed: boolean) {
  const [first, second] = [nth(shape, -2), nth(shape, -1)];
  return transposed ? ([second, first] as const) : ([first, second] as const);
}

function gradientOfA(dy: Value, a: Value, b: Value, { transposeA, transposeB }: MatmulAttrs): Value {
  const da = transposeA
    ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
    : matmul(dy, b, { transposeB: !transposeB });
  return sumTo(da, a.shape);
}

function gradientOfB(dy: Value, a: Value, b: Value, { transposeA, transposeB }: MatmulAttrs): Value {
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    // One product over all rows, instead of one [k, n] matrix for each leading index and a sum over them.
    return gradientOfB(flatten(dy), flatten(a), b, { transposeA, transposeB });
  }
  const db = transposeB
    ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
    : matmul(a, dy, { transposeA: !transposeA });
  return sumTo(db, b.shape);
}

/** [..., m, k] as [... · m, k]. */
function flatten(x: Value): Value {
  return reshape(x, [x.shape.slice(0, -1).reduce(mulDims, 1), nth(x.shape, -1)]);
}

function swapped(emit: OnnxEmitter, name: string, value: Value | undefined): string {
  const axes = [...(value?.shape ?? []).keys()];
  const perm = [...axes.slice(0, -2), nth(axes, -1), nth(axes, -2)];
  return nth(emit.node('Transpose', [name], { perm: { ints: perm } }), 0);
}

/** tfjs broadcasts at most one operand, so unequal leading axes are stretched first. */
function batched(tf: Tfjs, a: TfTensor, b: TfTensor, { transposeA, transposeB }: MatmulAttrs): TfTensor {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const full = (x: TfTensor) => stretch(tf, x, [...batch, ...x.shape.slice(-2)]);
  return tf.matMul(full(a), full(b), transposeA, transposeB);
}
