import { dim } from '../../src/engine/dim.js';
import { gradients } from '../../src/engine/gradient.js';
import { Graph, type Value } from '../../src/engine/graph.js';
import { add } from '../../src/engine/ops/add.js';
import { gather } from '../../src/engine/ops/gather.js';
import { gatherElements } from '../../src/engine/ops/gather-elements.js';
import { gelu } from '../../src/engine/ops/gelu.js';
import { iota } from '../../src/engine/ops/iota.js';
import { layerNorm } from '../../src/engine/ops/layer-norm.js';
import { linear } from '../../src/engine/ops/linear.js';
import { logSoftmax } from '../../src/engine/ops/log-softmax.js';
import { matmul } from '../../src/engine/ops/matmul.js';
import { mul } from '../../src/engine/ops/mul.js';
import { neg } from '../../src/engine/ops/neg.js';
import { reduceMean } from '../../src/engine/ops/reduce-mean.js';
import { reshape, squeeze, unsqueeze } from '../../src/engine/ops/reshape.js';
import { slice } from '../../src/engine/ops/slice.js';
import { softmax } from '../../src/engine/ops/softmax.js';
import { sub } from '../../src/engine/ops/sub.js';
import { transpose } from '../../src/engine/ops/transpose.js';
import { cast } from '../../src/engine/ops/cast.js';
import { sizeOf, type Tensor } from '../../src/engine/tensor.js';
import { SeededRandom } from './seeded-random.js';

const LAYERS = 2;
const HIDDEN = 16;
const HEADS = 2;
const FFN = 24;
const VOCAB = 20;
const MAX_TOKENS = 32;
const RANK = 4;
const LABELS = 3;

const [batch, seq] = [dim('batch'), dim('seq')];
const FLOAT = 'float32' as const;

export interface TrainingStep {
  readonly graph: Graph;
  readonly loss: Value;
  /** Trainable inputs, by name, with values to start from. */
  readonly parameters: Readonly<Record<string, Tensor<'float32'>>>;
}

/**
 * A training step of a two-layer post-norm encoder with LoRA on queries and values and a classifier: cross entropy, its
 * gradients, plain gradient descent. Outputs `loss`, `d.<parameter>` and `new.<parameter>`.
 */
export function makeTrainingStep(): TrainingStep {
  const random = new SeededRandom(21);
  const graph = new Graph('training-step');
  const parameters: Record<string, Tensor<'float32'>> = {};
  const uniform = (shape: readonly number[], scale: number): Tensor<'float32'> => ({
    dtype: FLOAT,
    shape,
    data: random.floats(sizeOf(shape), -scale, scale),
  });
  const weight = (name: string, ...shape: number[]) => graph.weight(name, uniform(shape, 0.4));
  const parameter = (name: string, ...shape: number[]): Value => {
    parameters[name] = uniform(shape, 0.3);
    return graph.input(name, FLOAT, shape);
  };
  const dense = (x: Value, name: string, inWidth: number, outWidth: number) =>
    linear(x, weight(`${name}.weight`, outWidth, inWidth), weight(`${name}.bias`, outWidth));
  const withLora = (x: Value, name: string) => {
    const low = matmul(x, parameter(`${name}.lora_A`, RANK, HIDDEN), { transposeB: true });
    const update = matmul(low, parameter(`${name}.lora_B`, HIDDEN, RANK), { transposeB: true });
    return add(dense(x, name, HIDDEN, HIDDEN), mul(update, 2));
  };
  const norm = (x: Value, name: string) => {
    const gain = uniform([HIDDEN], 0.2);
    gain.data.forEach((value, i) => (gain.data[i] = 1 + value));
    return layerNorm(x, graph.weight(`${name}.gain`, gain), weight(`${name}.bias`, HIDDEN), 1e-5);
  };
  const split = (x: Value) => transpose(reshape(x, [batch, seq, HEADS, HIDDEN / HEADS]), [0, 2, 1, 3]);

  const mask = graph.input('mask', 'int32', [batch, seq]);
  const penalty = mul(sub(1, cast(mask, FLOAT)), -1e9);
  const tokens = gather(weight('tokens', VOCAB, HIDDEN), graph.input('ids', 'int32', [batch, seq]));
  let x = norm(add(tokens, gather(weight('positions', MAX_TOKENS, HIDDEN), iota(graph, seq))), 'embeddings');
  for (let layer = 0; layer < LAYERS; layer++) {
    const [q, v] = [split(withLora(x, `${layer}.query`)), split(withLora(x, `${layer}.value`))];
    const k = split(dense(x, `${layer}.key`, HIDDEN, HIDDEN));
    const scores = mul(matmul(q, k, { transposeB: true }), 1 / Math.sqrt(HIDDEN / HEADS)); // [batch, h, seq, seq]
    const context = matmul(softmax(add(scores, unsqueeze(penalty, [1, 2]))), v);
    const joined = reshape(transpose(context, [0, 2, 1, 3]), [batch, seq, HIDDEN]);
    x = norm(add(x, dense(joined, `${layer}.output`, HIDDEN, HIDDEN)), `${layer}.attention`);
    const inner = gelu(dense(x, `${layer}.up`, HIDDEN, FFN));
    x = norm(add(x, dense(inner, `${layer}.down`, FFN, HIDDEN)), `${layer}.ffn`);
  }
  const first = squeeze(slice(x, { starts: [0], ends: [1], axes: [1] }), [1]);
  const logits = linear(first, parameter('classifier.weight', LABELS, HIDDEN), parameter('classifier.bias', LABELS));
  const labels = unsqueeze(graph.input('labels', 'int32', [batch]), [1]);
  const loss = neg(reduceMean(gatherElements(logSoftmax(logits), labels, 1)));

  graph.output('loss', loss);
  const names = Object.keys(parameters);
  const values = names.map((name) => graph.inputs.get(name)!);
  gradients(loss, values).forEach((gradient, i) => {
    graph.output(`d.${names[i]}`, gradient);
    graph.output(`new.${names[i]}`, sub(values[i]!, mul(gradient, 0.2)));
  });
  return { graph, loss, parameters };
}

/** Ids, labels and a mask with padding at the end of every row but the first; the last row is padding only. */
export function makeBatch(rows: number, length: number): Record<string, Tensor> {
  const random = new SeededRandom(rows * 100 + length);
  const mask = new Int32Array(rows * length);
  for (let row = 0; row < rows - 1; row++) {
    mask.fill(1, row * length, row * length + (row === 0 ? length : random.integer(1, length)));
  }
  return {
    ids: { dtype: 'int32', shape: [rows, length], data: random.integers(rows * length, 0, VOCAB) },
    mask: { dtype: 'int32', shape: [rows, length], data: mask },
    labels: { dtype: 'int32', shape: [rows], data: random.integers(rows, 0, LABELS) },
  };
}
