import { type Dim, dimToString } from '../dim.js';
import { type GraphBuilder, type Op, type Value, nth, shapeFault } from '../op.js';

interface DimValueAttrs {
  readonly dim: Dim;
  readonly dtype: 'float32' | 'int32';
}

const ONNX_TYPE = { float32: 1, int32: 6 } as const;

export const dimValueOp: Op<DimValueAttrs> = {
  name: 'dimValue',
  infer: (_inputs, { dtype }) => [{ dtype, shape: [] }],
  onnx(emit, _inputs, { attrs }) {
    const cast = emit.node('Cast', [emit.dims([attrs.dim])], { to: { int: ONNX_TYPE[attrs.dtype] } });
    return emit.node('Reshape', [nth(cast, 0), emit.int64([], [0])]);
  },
  eager: (tf, _inputs, { attrs }, env) => [tf.scalar(env.dim(attrs.dim), attrs.dtype)],
};

/** The size of a dimension as a scalar, e.g. to divide by a sequence length that is known only at run time. */
export function dimValue(graph: GraphBuilder, dim: Dim, dtype: 'float32' | 'int32' = 'float32'): Value {
  if (typeof dim === 'number') return graph.scalar(dim, dtype);
  const [value] = graph.apply(dimValueOp, [], { dim, dtype });
  if (!value) throw shapeFault('dimValue', 'dim', 'one output', dimToString(dim));
  return value;
}
