import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { matmul } from '../../engine/ops/matmul.js';
import { relu } from '../../engine/ops/relu.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { tanh } from '../../engine/ops/tanh.js';
import { sizeOf, tensor } from '../../engine/tensor.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Parameter } from '../parameter.js';
import type { Random } from '../../common/random.js';

export interface PerceptronShape {
  /** Linear layers. */
  readonly layers: number;
  readonly activation: 'tanh' | 'relu';
}

/**
 * Linear layers `<stem>.<2·i>.weight` and `.bias`, numbered as in a `torch.nn.Sequential` with activations between them;
 * weights and biases uniform in ±1/√in as `torch.nn.Linear` starts.
 *
 * @param widths  [in, …, out]
 */
export function startPerceptron(stem: string, widths: readonly number[], layer: number, random: Random): Parameter[] {
  return widths.slice(1).flatMap((out, at) => {
    const inWidth = widths[at] ?? 1;
    const make = (kind: 'weight' | 'bias', shape: readonly number[]): Parameter => ({
      name: `${stem}.${2 * at}.${kind}`,
      shape,
      decay: kind === 'weight',
      rate: 1,
      layer,
      initial: tensor('float32', shape, random.uniforms(sizeOf(shape), 1 / Math.sqrt(inWidth))),
    });
    return [make('weight', [out, inWidth]), make('bias', [out])];
  });
}

/** The layers over x [rows, in], each after [runs] with several. */
export function perceptron(values: ParameterValues, stem: string, x: Value, shape: PerceptronShape): Value {
  const act = shape.activation === 'tanh' ? tanh : relu;
  let y = x;
  for (let at = 0; at < shape.layers; at++) {
    const bias = values.get(`${stem}.${2 * at}.bias`);
    y = add(
      matmul(y, values.get(`${stem}.${2 * at}.weight`), { transposeB: true }),
      values.isSingle ? bias : unsqueeze(bias, [1]),
    );
    if (at < shape.layers - 1) y = act(y);
  }
  return y;
}
