import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import { createOnnxExecutor } from '../../engine/executors/onnx.js';
import type { Executor } from '../../engine/executors/executor.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { directorySource } from '../../models/directory-source.js';
import type { EncoderConfig } from '../../models/encoder-config.js';
import { loadBaseModel } from '../../models/load.js';
import { objectiveOptions, makeObjective, type ObjectiveOptions } from '../../training/objectives/table.js';
import { makeOptimizer } from '../../training/optim/table.js';
import { NO_DROPOUT } from '../../training/graph/dropout.js';
import { methodOptions, type MethodOptions } from '../../training/methods/options.js';
import { openMethod } from '../../training/methods/table.js';
import { Random } from '../../common/random.js';
import { tokenFeeds } from '../../training/step/batch-feeds.js';
import { makeStep } from '../../training/step/make-step.js';
import { compileOutputs } from '../../training/step/outputs-program.js';
import { stackRuns } from '../../training/step/stack.js';
import type { Feeds } from '../../training/step/step.js';
import { TrainingState } from '../../training/step/training-state.js';
import type { Trainable } from '../../training/trainable.js';
import { fileMap } from './file-map.js';
import { type Expected, type GoldenEntry, type GoldenSet, readJson } from './golden-set.js';

const caseSchema = z.object({
  base: z.string(),
  initial: z.string(),
  final: z.string(),
  method: z.string(),
  task: z.enum(['seqcls', 'tokcls', 'mlm']),
  class_weights: z.array(z.number()).optional(),
  label_smoothing: z.number().optional(),
  temperature: z.number().optional(),
  ce_weight: z.number().optional(),
  optimizer: z.object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay: z.number(),
  }),
  grad_clip: z.object({ max_norm: z.number() }),
  accumulation: z.number(),
  batches: z.array(z.array(z.number())),
  trajectory: z.array(z.object({ loss: z.number(), grad_norm: z.number(), lr: z.number() })),
  parameters: z.array(z.object({ name: z.string(), decay: z.boolean() })),
  ill_conditioned: z.array(z.string()),
  tolerance: z.object({
    loss_abs: z.number(),
    grad_norm_rel: z.number(),
    logits_abs: z.number(),
    param_abs: z.number(),
  }),
  tensors_file: z.string(),
});

type TrainCase = z.infer<typeof caseSchema>;
type Tensors = ReadonlyMap<string, Expected>;

const TASKS = {
  seqcls: 'sequence_classification',
  tokcls: 'token_classification',
  mlm: 'masked_lm',
} as const satisfies Record<TrainCase['task'], AdapterTask>;

/** A case of group G on ONNX Runtime; see `compareTrainCase`. */
export async function runTrainCase(set: GoldenSet, entry: GoldenEntry): Promise<number> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'goldens-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
  try {
    return await compareTrainCase(set, entry, executor);
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/**
 * Trains from the case's initial folder on its batches. The largest share of its tolerance over losses, gradient norms,
 * logits before and after, and parameters in the end: 1 is what it allows.
 */
export async function compareTrainCase(set: GoldenSet, entry: GoldenEntry, executor: Executor): Promise<number> {
  const golden = caseSchema.parse(await readJson(set.path(entry.files[0]!)));
  const tensors = await set.readTensors(golden.tensors_file);
  const { tolerance } = golden;
  const run = await openRun(set, golden, tensors, executor);
  const shares = [await logitShare(run, tensors, 'logits_before', tolerance.logits_abs)];
  expectDecay(run.trainable, golden);
  for (const [at, expected] of golden.trajectory.entries()) {
    const rows = golden.batches[at] ?? [];
    const size = rows.length / golden.accumulation;
    const parts = Array.from({ length: golden.accumulation }, (_, part) => rows.slice(part * size, (part + 1) * size));
    const { losses, gradNorms } = await run.step.run({
      parts: parts.map((part) => run.feeds(part)),
      rates: [expected.lr],
      maxNorms: [golden.grad_clip.max_norm],
      step: at + 1,
    });
    shares.push(Math.abs(losses[0]! - expected.loss) / tolerance.loss_abs);
    shares.push(Math.abs(gradNorms[0]! / expected.grad_norm - 1) / tolerance.grad_norm_rel);
  }
  shares.push(await logitShare(run, tensors, 'logits_after', tolerance.logits_abs));
  const final = run.open(await fileMap(set.path(golden.final)));
  const trained = run.state.parameters();
  for (const { name, initial } of final.parameters) {
    if (golden.ill_conditioned.includes(name)) continue;
    shares.push(largest(trained.get(name)?.data ?? [], initial.data) / tolerance.param_abs);
  }
  await run.dispose();
  return shares.some(Number.isNaN) ? Infinity : Math.max(...shares);
}

async function openRun(set: GoldenSet, golden: TrainCase, tensors: Tensors, executor: Executor) {
  const base = await loadBaseModel(directorySource(set.path(golden.base)));
  const task = TASKS[golden.task];
  const options = methodOf(golden.method);
  const baseFiles = await fileMap(set.path(golden.base));
  const open = (files: ReadonlyMap<string, Uint8Array>): Trainable =>
    openMethod(files, options, { base, task, random: Random.stream(0, 'goldens'), baseFiles });
  const trainable = open(await fileMap(set.path(golden.initial)));
  const objective = makeObjective(objectiveOf(golden));
  const { model, initial, frozen } = stackRuns([trainable], { base, task, objective, dropout: NO_DROPOUT });
  const { betas, eps: epsilon, weight_decay: weightDecay } = golden.optimizer;
  const optimizer = makeOptimizer({ name: 'adamw', betas, epsilon, weightDecay, amsgrad: false });
  const state = new TrainingState(model, optimizer, initial, frozen);
  const step = await makeStep({ executor, model, state, optimizer, clips: true, parts: golden.accumulation });
  const outputs = await compileOutputs(executor, model);
  const feeds = (rows: readonly number[]): Feeds => ({
    ...inputFeeds(golden, tensors, trainable, rows, base.config),
    ...targetFeeds(golden, tensors, trainable, rows),
  });
  const dispose = async () => {
    await step.dispose();
    await outputs.dispose();
  };
  return { base, trainable, open, model, state, step, outputs, golden, feeds, dispose };
}

type Run = Awaited<ReturnType<typeof openRun>>;

function methodOf(name: string): MethodOptions {
  const method = /^(dora|ia3|prefix|prompt|full|mlm_full)/.exec(name)?.[1] ?? 'lora';
  if (name.startsWith('adapterhub_')) return methodOptions.parse({ name: 'bottleneck' });
  return methodOptions.parse({ name: method === 'mlm_full' ? 'full' : method });
}

function objectiveOf(golden: TrainCase): ObjectiveOptions {
  const { class_weights: classWeights, label_smoothing: labelSmoothing, temperature, ce_weight: hard } = golden;
  if (hard !== undefined) return objectiveOptions.parse({ name: 'distillation', temperature, mix: 1 - hard });
  if (golden.method.includes('multilabel')) return objectiveOptions.parse({ name: 'binary_cross_entropy' });
  if (golden.method.includes('regression')) return objectiveOptions.parse({ name: 'mean_squared_error' });
  return objectiveOptions.parse({
    name: 'cross_entropy',
    ...(classWeights && { classWeights }),
    ...(labelSmoothing !== undefined && { labelSmoothing }),
  });
}

/** Every parameter that PEFT or Hugging Face decays, and no other, is decayed. */
function expectDecay({ parameters }: Trainable, golden: TrainCase): void {
  const expected = new Map(golden.parameters.map(({ name, decay }) => [name, decay]));
  for (const { name, decay } of parameters) {
    if (expected.get(name) === decay) continue;
    throw new Error(`${name}: expected decay ${String(expected.get(name))}, got ${String(decay)}`);
  }
  if (parameters.length !== expected.size)
    throw new Error(`parameters: expected ${expected.size}, got ${parameters.length}`);
}

function inputFeeds(
  golden: TrainCase,
  tensors: Tensors,
  virtual: Trainable,
  rows: readonly number[],
  config: EncoderConfig,
): Feeds {
  const sheet = (name: string) => requireTensor(tensors, name);
  const mask = sheet('attention_mask');
  const [, width = 0] = mask.shape;
  const rowOf = (name: string, row: number, length: number): Int32Array =>
    Int32Array.from(sheet(name).data.subarray(row * width, row * width + length));
  const tokens = rows.map((row) => {
    const length = mask.data.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0);
    return {
      inputIds: rowOf('input_ids', row, length),
      ...(tensors.has('token_type_ids') && { tokenTypeIds: rowOf('token_type_ids', row, length) }),
    };
  });
  const feeds = tokenFeeds(tokens, config, virtual);
  if (golden.task !== 'mlm') return feeds;
  return { ...feeds, positions: int32(labelled(golden, tensors, rows, seqOf(feeds)).map(({ at }) => at)) };
}

function seqOf(feeds: Feeds): number {
  return feeds['input_ids']?.shape[1] ?? 0;
}

/** Masked positions of a batch, flat, with their labels. */
function labelled(_golden: TrainCase, tensors: Tensors, rows: readonly number[], seq: number) {
  const labels = requireTensor(tensors, 'labels');
  const [, width = 0] = labels.shape;
  return rows.flatMap((row, index) =>
    Array.from(labels.data.subarray(row * width, row * width + seq), (label, at) => ({
      label,
      at: index * seq + at,
    })).filter(({ label }) => label !== -100),
  );
}

function targetFeeds(golden: TrainCase, tensors: Tensors, virtual: Trainable, rows: readonly number[]): Feeds {
  const ones = (shape: readonly number[]): Tensor =>
    tensor('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));
  if (golden.task === 'mlm') {
    const seq = longest(tensors, rows);
    const targets = labelled(golden, tensors, rows, seq).map(({ label }) => label);
    return { targets: int32(targets), row_weight: ones([targets.length]) };
  }
  if (golden.task === 'tokcls') {
    const seq = longest(tensors, rows);
    const labels = requireTensor(tensors, 'labels');
    const [, width = 0] = labels.shape;
    const targets = rows.flatMap((row) => [
      ...Array<number>(virtual.promptTokens).fill(-100),
      ...labels.data.subarray(row * width, row * width + seq),
    ]);
    const shape = [rows.length, virtual.promptTokens + seq];
    return { targets: tensor('int32', shape, Int32Array.from(targets)), row_weight: ones(shape) };
  }
  const float = ['targets', 'multi_labels'].find((name) => tensors.has(name));
  const feeds = {
    targets: float
      ? picked(tensors, float, rows)
      : int32(rows.map((row) => requireTensor(tensors, 'labels').data[row]!)),
    row_weight: ones([rows.length]),
  };
  return golden.ce_weight === undefined ? feeds : { ...feeds, teacher: picked(tensors, 'teacher_logits', rows) };
}

function longest(tensors: Tensors, rows: readonly number[]): number {
  const mask = requireTensor(tensors, 'attention_mask');
  const [, width = 0] = mask.shape;
  return Math.max(...rows.map((row) => mask.data.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0)));
}

/** Rows of a float tensor, [rows, width]. */
function picked(tensors: Tensors, name: string, rows: readonly number[]): Tensor<'float32'> {
  const { data, shape } = requireTensor(tensors, name);
  const width = data.length / (shape[0] ?? 1);
  return tensor(
    'float32',
    [rows.length, width],
    Float32Array.from(rows.flatMap((row) => [...data.subarray(row * width, (row + 1) * width)])),
  );
}

function int32(values: readonly number[]): Tensor<'int32'> {
  return tensor('int32', [values.length], Int32Array.from(values));
}

async function logitShare(run: Run, tensors: Tensors, name: string, bound: number): Promise<number> {
  const expected = requireTensor(tensors, name);
  const rows = Array.from({ length: expected.shape[0] ?? 0 }, (_, row) => row);
  const inputs = inputFeeds(run.golden, tensors, run.trainable, rows, run.base.config);
  const seq = seqOf(inputs);
  const all = { positions: int32(Array.from({ length: rows.length * seq }, (_, at) => at)) };
  const got = await run.outputs.run(run.golden.task === 'mlm' ? { ...inputs, ...all } : inputs, run.state);
  if (run.golden.task === 'seqcls') return largest(got.data, expected.data) / bound;
  const [, padded = 0, width = 0] = expected.shape;
  const mask = requireTensor(tensors, 'attention_mask');
  const shares = rows.map((row) => {
    const length = mask.data.subarray(row * padded, (row + 1) * padded).reduce((a, b) => a + b, 0);
    const of = (data: Float32Array, columns: number) =>
      data.subarray(row * columns * width, (row * columns + length) * width);
    return largest(of(got.data, seq), of(expected.data, padded)) / bound;
  });
  return Math.max(...shares);
}

function largest(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Infinity;
  return Array.from(got).reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
}

function requireTensor(tensors: Tensors, name: string): Expected {
  const found = tensors.get(name);
  if (!found) throw new Error(`golden tensors: expected ${name}, got ${[...tensors.keys()].join(', ')}`);
  return found;
}
