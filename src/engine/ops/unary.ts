import type { OnnxAttribute } from '../io/onnx-model.js';
import { type OnnxEmitter, type Op, type TfTensor, type Tfjs, type Value, expectDType, nth } from '../op.js';
import type { DType } from '../tensor.js';

/** Attributes of an op that has none. */
export type NoAttrs = Readonly<Record<string, never>>;

interface UnaryRule<A> {
  readonly name: string;
  /** Default: float32. */
  readonly dtypes?: readonly DType[];
  /** The ONNX op type, or a function where one node is not enough. */
  readonly onnx: string | ((emit: OnnxEmitter, x: string, attrs: A) => string[]);
  attributes?(attrs: A): Record<string, OnnxAttribute>;
  eager(tf: Tfjs, x: TfTensor, attrs: A): TfTensor;
  /** dx from dy, x and y; absent: zero almost everywhere. */
  readonly gradient?: (dy: Value, x: Value, y: Value, attrs: A) => Value;
}

/** An op y = f(x) element by element: dtype and shape of x are kept. */
export function unaryOp<A = NoAttrs>(rule: UnaryRule<A>): Op<A> {
  const { name, dtypes = ['float32'], gradient } = rule;
  return {
    name,
    infer(inputs) {
      const x = nth(inputs, 0);
      expectDType(name, 'x', x, ...dtypes);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    ...(gradient && {
      gradient: ({ inputs, outputs, attrs }, [dy]) => [dy && gradient(dy, nth(inputs, 0), nth(outputs, 0), attrs)],
    }),
    onnx(emit, inputs, { attrs }) {
      if (typeof rule.onnx !== 'string') return rule.onnx(emit, nth(inputs, 0), attrs);
      return emit.node(rule.onnx, inputs, rule.attributes?.(attrs));
    },
    eager: (tf, inputs, { attrs }) => [rule.eager(tf, nth(inputs, 0), attrs)],
  };
}
