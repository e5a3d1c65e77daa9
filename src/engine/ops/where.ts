import { type Op, type Value, apply, expectDType, nth, shapeFault } from '../op.js';
import { broadcastShapes } from '../shape.js';
import type { Operand } from './binary.js';
import { stretch, sumTo } from './reduce-sum.js';
import type { NoAttrs } from './unary.js';

export const whereOp: Op<NoAttrs> = {
  name: 'where',
  infer(inputs) {
    const [condition, a, b] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    expectDType('where', 'condition', condition, 'bool');
    expectDType('where', 'a', a, 'float32', 'int32');
    expectDType('where', 'b', b, a.dtype);
    const shape = broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape, 'where'), 'where');
    return [{ dtype: a.dtype, shape }];
  },
  gradient({ inputs }, [dy]) {
    if (!dy) return [];
    const condition = nth(inputs, 0);
    const [da, db] = [where(condition, dy, 0), where(condition, 0, dy)];
    return [undefined, sumTo(da, nth(inputs, 1).shape), sumTo(db, nth(inputs, 2).shape)];
  },
  onnx: (emit, inputs) => emit.node('Where', inputs),
  eager(tf, inputs, { outputs }, env) {
    const [condition, a, b] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    const shape = nth(outputs, 0).shape.map((d) => env.dim(d));
    return [shape.includes(0) ? stretch(tf, a, shape) : tf.where(condition, a, b)];
  },
};

/**
 * a where `condition` (bool) holds, b elsewhere; all three are broadcast. What is not chosen has no influence, NaN
 * included, but its gradient is 0 · (its own derivative): keep the branch itself finite.
 */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const [x, y] = [a, b].map((operand, i) => {
    if (typeof operand !== 'number') return operand;
    const other = i === 0 ? b : a;
    return condition.graph.scalar(operand, typeof other === 'number' ? 'float32' : other.dtype);
  });
  if (!x || !y) throw shapeFault('where', 'a', 'two operands', 'fewer');
  return apply(whereOp, [condition, x, y], {});
}
