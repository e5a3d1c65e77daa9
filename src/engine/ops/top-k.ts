import { dimToString } from '../dim.js';
import { type Node, type OnnxEmitter, type Op, type Value, expectDType, nth, shapeFault } from '../op.js';
import { normalizeAxis, shapeToString } from '../shape.js';
import { scatterElementsAdd } from './gather-elements.js';

interface TopKAttrs {
  readonly k: number;
  readonly axis: number;
}

export const topKOp: Op<TopKAttrs> = {
  name: 'topK',
  infer(inputs, { k, axis }) {
    const x = nth(inputs, 0);
    expectDType('topK', 'x', x, 'float32', 'int32');
    const size = nth(x.shape, axis);
    if (!Number.isInteger(k) || k < 1 || (typeof size === 'number' && k > size)) {
      throw shapeFault('topK', 'k', `an integer in [1, ${dimToString(size)}] for ${shapeToString(x.shape)}`, String(k));
    }
    const shape = x.shape.with(axis, k);
    return [
      { dtype: x.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  gradient({ inputs, outputs, attrs: { axis } }, [dy]) {
    return [dy && scatterElementsAdd(nth(nth(inputs, 0).shape, axis), nth(outputs, 1), dy, axis)];
  },
  onnx(emit, inputs, node) {
    const { attrs } = node;
    const attributes = { axis: { int: attrs.axis }, largest: { int: 1 }, sorted: { int: 1 } };
    const fuller = withOneMore(emit, nth(inputs, 0), node);
    const outputs = emit.node('TopK', [fuller.x, emit.int64([attrs.k])], attributes, { outputs: 2 });
    return [fuller.cut(nth(outputs, 0)), fuller.cut(nth(emit.node('Cast', [nth(outputs, 1)], { to: { int: 6 } }), 0))];
  },
  eager(tf, inputs, { attrs: { k, axis } }) {
    const x = nth(inputs, 0);
    const swap = [...Array(x.rank).keys()].with(axis, x.rank - 1).with(-1, axis); // tfjs knows the last axis only
    const { values, indices } = tf.topk(tf.transpose(x, swap), k, true);
    return [tf.transpose(values, swap), tf.transpose(indices, swap)];
  },
};

/**
 * The k greatest elements along `axis` (default: the last), greatest first, and where they stood (int32); of equal ones
 * the first comes first. x must hold no NaN. The gradient reaches the chosen elements only.
 */
export function topK(x: Value, k: number, axis = -1): [values: Value, indices: Value] {
  const outputs = x.graph.apply(topKOp, [x], { k, axis: normalizeAxis(axis, x.shape.length, 'topK') });
  return [nth(outputs, 0), nth(outputs, 1)];
}

/**
 * ONNX Runtime's TopK divides by the number of lines and so kills the process when there are none. Axes that may be
 * empty get one more place, which is cut off again.
 */
function withOneMore(emit: OnnxEmitter, x: string, { inputs, attrs }: Node<TopKAttrs>) {
  const { shape } = nth(inputs, 0);
  const open = [...shape.keys()].filter((i) => i !== attrs.axis && !(Number(shape[i]) > 0));
  if (open.length === 0) return { x, cut: (y: string) => y };
  const none = shape.map(() => 0);
  const pads = emit.int64([...none, ...none.map((_, i) => Number(open.includes(i)))]);
  const [starts, ends] = [emit.int64(open.map(() => 0)), emit.int64(open.map(() => -1))];
  return {
    x: nth(emit.node('Pad', [x, pads]), 0),
    cut: (y: string) => nth(emit.node('Slice', [y, starts, ends, emit.int64(open)]), 0),
  };
}
