import { type Op, type TfTensor, type Tfjs, type Value, apply, expectDType, nth, shapeFault } from '../op.js';
import { broadcastShapes } from '../shape.js';
import type { DType } from '../tensor.js';
import { sumTo } from './reduce-sum.js';
import type { NoAttrs } from './unary.js';

/** A value, or a number that becomes a scalar of the other operand's dtype. */
export type Operand = Value | number;

interface BinaryRule {
  readonly name: string;
  readonly dtypes: readonly DType[];
  /** Dtype of the result; default: that of the operands. */
  readonly result?: DType;
  readonly onnx: string;
  eager(tf: Tfjs, a: TfTensor, b: TfTensor): TfTensor;
  /** Gradients in the shape of the result; they are summed to the operands' shapes here. Absent: zero almost everywhere. */
  readonly gradient?: (dy: Value, a: Value, b: Value, y: Value) => [Value, Value];
}

/** An op y = f(a, b) element by element, with NumPy broadcasting; both operands have one dtype. */
export function binaryOp(rule: BinaryRule): Op<NoAttrs> {
  const { name, gradient } = rule;
  return {
    name,
    infer(inputs) {
      const [a, b] = [nth(inputs, 0), nth(inputs, 1)];
      expectDType(name, 'a', a, ...rule.dtypes);
      expectDType(name, 'b', b, a.dtype);
      return [{ dtype: rule.result ?? a.dtype, shape: broadcastShapes(a.shape, b.shape, name) }];
    },
    ...(gradient && {
      gradient: ({ inputs, outputs }, [dy]) => {
        if (!dy) return [];
        const [a, b] = [nth(inputs, 0), nth(inputs, 1)];
        const [da, db] = gradient(dy, a, b, nth(outputs, 0));
        return [sumTo(da, a.shape), sumTo(db, b.shape)];
      },
    }),
    onnx: (emit, inputs) => emit.node(rule.onnx, inputs),
    eager: (tf, inputs) => [rule.eager(tf, nth(inputs, 0), nth(inputs, 1))],
  };
}

export function applyBinary(op: Op<NoAttrs>, a: Operand, b: Operand): Value {
  if (typeof a !== 'number') return apply(op, [a, typeof b === 'number' ? a.graph.scalar(b, a.dtype) : b], {});
  if (typeof b !== 'number') return apply(op, [b.graph.scalar(a, b.dtype), b], {});
  throw shapeFault(op.name, 'b', 'a value where a is a number', String(b));
}
