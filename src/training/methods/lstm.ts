import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { concat } from '../../engine/ops/concat.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { sigmoid } from '../../engine/ops/sigmoid.js';
import { slice } from '../../engine/ops/slice.js';
import { tanh } from '../../engine/ops/tanh.js';
import { sizeOf, tensor } from '../../engine/tensor.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Parameter } from '../parameter.js';
import type { Random } from '../../common/random.js';

export interface LstmShape {
  readonly layers: number;
  /** Width of one direction. */
  readonly hidden: number;
  /** Length of the sequence. */
  readonly steps: number;
}

/** Parameters of a bidirectional LSTM by PyTorch's names, uniform in ±1/√hidden as `torch.nn.LSTM` starts. */
export function startLstm(
  stem: string,
  inWidth: number,
  { layers, hidden }: LstmShape,
  layer: number,
  random: Random,
): Parameter[] {
  return Array.from({ length: layers }, (_, at) => at).flatMap((at) =>
    ['', '_reverse'].flatMap((direction) => {
      const make = (kind: string, shape: readonly number[]): Parameter => ({
        name: `${stem}.${kind}_l${at}${direction}`,
        shape,
        decay: kind.startsWith('weight'),
        rate: 1,
        layer,
        initial: tensor('float32', shape, random.uniforms(sizeOf(shape), 1 / Math.sqrt(hidden))),
      });
      return [
        make('weight_ih', [4 * hidden, at === 0 ? inWidth : 2 * hidden]),
        make('weight_hh', [4 * hidden, hidden]),
        make('bias_ih', [4 * hidden]),
        make('bias_hh', [4 * hidden]),
      ];
    }),
  );
}

/**
 * A bidirectional LSTM, unrolled: with gates i, f, o = σ(…) and g = tanh(…) of x·Wᵢₕᵀ + bᵢₕ + h·Wₕₕᵀ + bₕₕ,
 * c ← f ⊙ c + i ⊙ g and h ← o ⊙ tanh(c), from zeros; both directions' h side by side.
 *
 * Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; gates in PyTorch's order i, f, g, o.
 *
 * @param x  [steps, in], after [runs] with several
 * @returns  [steps, 2 · hidden]
 */
export function lstm(values: ParameterValues, stem: string, x: Value, shape: LstmShape): Value {
  let y = x;
  for (let layer = 0; layer < shape.layers; layer++) {
    const way = (suffix: string): Value => direction(values, `${stem}.{}_l${layer}${suffix}`, y, shape);
    y = concat([way(''), way('_reverse')], y.shape.length - 1);
  }
  return y;
}

function direction(values: ParameterValues, pattern: string, x: Value, { hidden, steps }: LstmShape): Value {
  const parameter = (kind: string): Value => values.get(pattern.replace('{}', kind));
  const time = x.shape.length - 2;
  const row = (value: Value): Value => unsqueeze(value, [time]); // [1, 4 · hidden]
  const bias = add(row(parameter('bias_ih')), row(parameter('bias_hh')));
  const fromInput = add(matmul(x, parameter('weight_ih'), { transposeB: true }), bias); // [steps, 4 · hidden]
  const order = Array.from({ length: steps }, (_, step) => (pattern.endsWith('_reverse') ? steps - 1 - step : step));
  const outputs: Value[] = [];
  let state: { h: Value; c: Value } | undefined;
  for (const step of order) {
    const own = slice(fromInput, { starts: [step], ends: [step + 1], axes: [time] });
    const gates = state ? add(own, matmul(state.h, parameter('weight_hh'), { transposeB: true })) : own;
    const gate = (at: number): Value => slice(gates, { starts: [at * hidden], ends: [(at + 1) * hidden], axes: [-1] });
    const fresh = mul(sigmoid(gate(0)), tanh(gate(2)));
    const c: Value = state ? add(mul(sigmoid(gate(1)), state.c), fresh) : fresh;
    state = { h: mul(sigmoid(gate(3)), tanh(c)), c };
    outputs[step] = state.h;
  }
  return concat(outputs, time);
}
