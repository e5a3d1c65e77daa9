import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createOnnxExecutor } from '../../engine/executors/onnx.js';
import type { Executor } from '../../engine/executors/executor.js';
import { gradients } from '../../engine/gradient.js';
import { Graph } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { clipByGlobalNorm } from '../../training/optim/clip.js';
import { makeOptimizer } from '../../training/optim/table.js';
import { meanLoss } from '../../training/objectives/objective.js';
import { makeObjective } from '../../training/objectives/table.js';
import { makeSchedule } from '../../training/schedules/table.js';
import { type Expected, type GoldenEntry, type GoldenSet, readJson } from './golden-set.js';
import { goldenObjective, goldenOptimizer, goldenSchedule } from './optim-names.js';

const toleranceSchema = z.object({ abs: z.number().default(0), rel: z.number().default(0) });
const caseSchema = z.object({ tolerance: toleranceSchema, tensors_file: z.string().optional() }).loose();

type Json = Readonly<Record<string, unknown>>;
type Tensors = ReadonlyMap<string, Expected>;

interface OptimCase {
  readonly json: Json;
  readonly tensors: Tensors;
  readonly executor: Executor;
}

/** Pairs of what came out and what PyTorch gave. */
type Comparison = readonly [got: ArrayLike<number>, expected: ArrayLike<number>];

/** A case of group I on ONNX Runtime; see `compareOptimCase`. */
export async function runOptimCase(set: GoldenSet, entry: GoldenEntry): Promise<number> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'goldens-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
  try {
    return await compareOptimCase(set, entry, executor);
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** The largest |got − expected| / (abs + rel · |expected|) over all that a case holds: 1 is what it allows. */
export async function compareOptimCase(set: GoldenSet, entry: GoldenEntry, executor: Executor): Promise<number> {
  const json = caseSchema.parse(await readJson(set.path(entry.files[0]!)));
  const tensors =
    json.tensors_file === undefined ? new Map<string, Expected>() : await set.readTensors(json.tensors_file);
  const run = checkers[entry.id.split('/').at(-1) ?? ''];
  if (!run) throw new Error(`group I: expected one of ${Object.keys(checkers).join(', ')}, got ${entry.id}`);
  const compared = await run({ json, tensors, executor });
  return Math.max(...compared.map((pair) => excess(pair, json.tolerance)));
}

const checkers: Readonly<Record<string, (optim: OptimCase) => Promise<Comparison[]>>> = {
  async optimizers({ json, tensors, executor }) {
    const { optimizers } = z.object({ optimizers: z.record(z.string(), goldenOptimizer) }).parse(json);
    const compared: Comparison[] = [];
    for (const [name, { options, rate }] of Object.entries(optimizers)) {
      for (const parameter of ['w', 'b']) {
        const start = require(tensors, `init.${parameter}`);
        const steps = require(tensors, `grads.${parameter}`);
        const got = await trajectory(executor, makeOptimizer(options), { start, steps, rate });
        compared.push([got, require(tensors, `${name}.${parameter}`).data]);
      }
    }
    return compared;
  },

  async losses({ json, tensors, executor }) {
    const { losses } = z.object({ losses: z.array(z.string()) }).parse(json);
    const compared: Comparison[] = [];
    for (const name of losses) {
      const { options, targets, needsTeacher } = goldenObjective(name, tensors);
      const graph = new Graph(name);
      const feeds: Record<string, Tensor> = {};
      const feed = (key: string, dtype: 'float32' | 'int32') => {
        const { shape, data } = require(tensors, key);
        feeds[key] = dtype === 'int32' ? tensor(dtype, shape, Int32Array.from(data)) : tensor(dtype, shape, data);
        return graph.inputs.get(key) ?? graph.input(key, dtype, shape);
      };
      const outputs = feed('logits', 'float32');
      const inputs = { outputs, targets: feed(targets, targets === 'labels' ? 'int32' : 'float32') };
      const teacher = needsTeacher ? { teacher: feed('teacher', 'float32') } : {};
      const loss = meanLoss(makeObjective(options).rowLosses({ ...inputs, ...teacher }));
      graph.output('value', loss);
      graph.output('grad', gradients(loss, [outputs])[0]!);
      const results = await (await executor.compile(graph)).run(feeds);
      for (const part of ['value', 'grad']) {
        compared.push([results[part]!.data, require(tensors, `${name}.${part}`).data]);
      }
    }
    return compared;
  },

  async clip_grad_norm({ json, tensors, executor }) {
    const rows = z.array(z.object({ max_norm: z.number(), norm: z.number() })).parse(json['rows']);
    const graph = new Graph('clip');
    const names = ['g1', 'g2'];
    const feeds = Object.fromEntries(names.map((name) => [name, asTensor(require(tensors, name))]));
    const values = names.map((name) => graph.input(name, 'float32', feeds[name]!.shape));
    const clipped = clipByGlobalNorm(values, graph.input('max', 'float32', []));
    graph.output('norm', clipped.norm);
    clipped.gradients.forEach((value, i) => graph.output(`clipped.${names[i]!}`, value));
    const program = await executor.compile(graph);
    const compared: Comparison[] = [];
    for (const { max_norm: max, norm } of rows) {
      const results = await program.run({ ...feeds, max: tensor('float32', [], Float32Array.of(max)) });
      compared.push([results['norm']!.data, [norm]]);
      const key = Number.isInteger(max) ? `${max}.0` : String(max);
      for (const name of names) {
        compared.push([results[`clipped.${name}`]!.data, require(tensors, `clipped_${key}.${name}`).data]);
      }
    }
    return compared;
  },

  async schedules({ json }) {
    const tableSchema = z.object({ args: z.record(z.string(), z.number()), lr: z.array(z.number()) });
    const { base_lr: peak, tables } = z
      .object({ base_lr: z.number(), tables: z.record(z.string(), tableSchema) })
      .parse(json);
    return Object.entries(tables).map(([name, { args, lr }]): Comparison => {
      const schedule = makeSchedule(goldenSchedule(name, args, peak), args['total'] ?? lr.length);
      return [lr.map((_, step) => peak * schedule(step)), lr];
    });
  },
};

/** Parameters after each step, joined. */
async function trajectory(
  executor: Executor,
  optimizer: ReturnType<typeof makeOptimizer>,
  { start, steps, rate }: { start: Expected; steps: Expected; rate: number },
): Promise<Float32Array> {
  const graph = new Graph(optimizer.name);
  const input = (name: string, shape: readonly number[]) => graph.input(name, 'float32', shape);
  const { p, slots } = optimizer.update({
    p: input('p', start.shape),
    g: input('g', start.shape),
    slots: Object.fromEntries(optimizer.slots.map((name) => [name, input(`slot.${name}`, start.shape)])),
    rate: graph.scalar(rate),
    decay: optimizer.weightDecay,
    step: input('step', []),
  });
  graph.output('p', p);
  for (const [name, value] of Object.entries(slots)) graph.output(`slot.${name}`, value);
  const program = await executor.compile(graph);
  const width = start.data.length;
  const path = new Float32Array(steps.data.length);
  let state: Record<string, Tensor> = { p: asTensor(start) };
  for (const name of optimizer.slots) {
    state[`slot.${name}`] = tensor('float32', start.shape, new Float32Array(width));
  }
  for (let t = 0; t * width < path.length; t++) {
    const g = tensor('float32', start.shape, steps.data.slice(t * width, (t + 1) * width));
    const used = Object.fromEntries(
      [...graph.inputs.keys()].flatMap((name) => (state[name] ? [[name, state[name]]] : [])),
    );
    state = await program.run({ ...used, g, step: tensor('float32', [], Float32Array.of(t + 1)) });
    path.set(state['p']!.data, t * width);
  }
  await program.dispose();
  return path;
}

function asTensor({ shape, data }: Expected): Tensor {
  return tensor('float32', shape, data);
}

function excess([got, expected]: Comparison, { abs, rel }: z.infer<typeof toleranceSchema>): number {
  if (got.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    if (got[i] === expected[i]) continue;
    const allowed = abs + rel * Math.abs(expected[i]!);
    const ratio = Math.abs(got[i]! - expected[i]!) / allowed;
    if (Number.isNaN(ratio)) return Infinity;
    largest = Math.max(largest, ratio);
  }
  return largest;
}

function require(tensors: Tensors, name: string): Expected {
  const found = tensors.get(name);
  if (!found) throw new Error(`golden tensors: expected ${name}, got ${[...tensors.keys()].join(', ')}`);
  return found;
}
