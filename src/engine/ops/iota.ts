import { type Dim, dimToString } from '../dim.js';
import { type GraphBuilder, type Op, type Value, nth, shapeFault } from '../op.js';
import { tensor } from '../tensor.js';

interface IotaAttrs {
  readonly dim: Dim;
}

const INT32 = { to: { int: 6 } };

export const iotaOp: Op<IotaAttrs> = {
  name: 'iota',
  infer: (_inputs, { dim }) => [{ dtype: 'int32', shape: [dim] }],
  onnx(emit, _inputs, { attrs }) {
    const end = nth(emit.node('Reshape', [emit.dims([attrs.dim]), emit.int64([], [0])]), 0);
    return emit.node('Cast', emit.node('Range', [emit.int64([0], []), end, emit.int64([1], [])]), INT32);
  },
  eager: (tf, _inputs, { attrs }, env) => [tf.range(0, env.dim(attrs.dim), 1, 'int32')],
};

/** [0, 1, …, dim − 1] as int32. */
export function iota(graph: GraphBuilder, dim: Dim): Value {
  if (typeof dim === 'number') return graph.constant(tensor('int32', [dim], Int32Array.from(Array(dim).keys())));
  const [value] = graph.apply(iotaOp, [], { dim });
  if (!value) throw shapeFault('iota', 'dim', 'one output', dimToString(dim));
  return value;
}
