import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../../../common/errors.js';
import { tensor, type Tensor } from '../../../engine/tensor.js';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import type { Dense } from '../../../models/heads.js';
import { RidgeStatistics, type LinearFit } from '../../../training/closed-form/ridge.js';

/** Features with the numbers of their labels. */
export interface Features {
  readonly x: readonly Float32Array[];
  readonly labels: readonly number[];
}

const LAMBDAS = [-3, -2, -1, 0, 1, 2, 3].map((power) => 10 ** power);
const SCALES = Array.from({ length: 25 }, (_, at) => 2 ** (at / 4));

export interface FittedHead extends LinearFit {
  readonly lambda: number;
  readonly scale: number;
  /** On the validation features. */
  readonly accuracy: number;
}

/**
 * The head that all rows share, in closed form: least squares with the penalty that is best on the validation data. Its
 * outputs lie near 0 and 1; they are scaled so that the log-loss of the validation data is least, which changes no answer of
 * the base and gives adapters that are trained under it a gradient.
 */
export function fitHead(train: Features, validation: Features, classes: number): FittedHead {
  const width = train.x[0]!.length;
  const statistics = new RidgeStatistics(width, classes);
  train.x.forEach((x, at) => statistics.add(x, train.labels[at]!));
  const fits = LAMBDAS.map((lambda) => {
    const fit = statistics.solve(lambda);
    return { ...fit, lambda, accuracy: accuracyOf(fit, validation) };
  });
  const best = fits.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const losses = SCALES.map((scale) => lossOf(best, validation, scale));
  const scale = SCALES[losses.indexOf(Math.min(...losses))]!;
  return { ...best, weight: best.weight.map((w) => w * scale), bias: best.bias.map((b) => b * scale), scale };
}

/** tanh(W·x + b), as the head of BERT pools the first position. */
export function pooled({ weight, bias }: Dense, x: Float32Array): Float32Array {
  return outputs({ weight: weight.data, bias: bias.data }, x).map(Math.tanh);
}

/** Writes the base anew with the head in it, as a sequence classifier of Hugging Face. */
export async function writeBaseWithHead(
  from: string,
  to: string,
  { weight, bias }: LinearFit,
  labels: readonly string[],
): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) await cp(join(from, name), join(to, name));
  const config = JSON.parse(await readFile(join(from, 'config.json'), 'utf8')) as Record<string, unknown>;
  if (config['model_type'] !== 'bert') {
    throw new ModelError(`config.json: model_type: expected bert, got ${JSON.stringify(config['model_type'])}`);
  }
  const names = Object.fromEntries(labels.map((label, at) => [at, label]));
  const numbers = Object.fromEntries(labels.map((label, at) => [label, at]));
  const own = { architectures: ['BertForSequenceClassification'], id2label: names, label2id: numbers };
  await writeFile(join(to, 'config.json'), JSON.stringify({ ...config, ...own }, null, 2));
  const { tensors } = readSafetensors(await readFile(join(from, 'model.safetensors')));
  const trunk = [...tensors]
    .filter(([name]) => !name.startsWith('cls.'))
    .map(([name, held]): [string, Tensor] => [name, held.toTensor()]);
  const head: [string, Tensor<'float32'>][] = [
    ['classifier.weight', tensor('float32', [labels.length, weight.length / labels.length], weight)],
    ['classifier.bias', tensor('float32', [labels.length], bias)],
  ];
  await writeFile(join(to, 'model.safetensors'), writeSafetensors(new Map([...trunk, ...head]), { format: 'pt' }));
}

function outputs({ weight, bias }: LinearFit, x: Float32Array): Float32Array {
  const width = x.length;
  return bias.map((b, out) => {
    let sum = b;
    for (let i = 0; i < width; i++) sum += weight[out * width + i]! * x[i]!;
    return sum;
  });
}

function accuracyOf(fit: LinearFit, { x, labels }: Features): number {
  const right = x.filter((one, at) => {
    const values = outputs(fit, one);
    return values.indexOf(Math.max(...values)) === labels[at];
  });
  return right.length / x.length;
}

function lossOf(fit: LinearFit, { x, labels }: Features, scale: number): number {
  const sum = x.reduce((total, one, at) => {
    const values = outputs(fit, one).map((value) => value * scale);
    const largest = Math.max(...values);
    const norm = values.reduce((all, value) => all + Math.exp(value - largest), 0);
    return total + Math.log(norm) + largest - values[labels[at]!]!;
  }, 0);
  return sum / x.length;
}
