import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { loadTinyModel, tinyModelFiles } from '../../../test/support/tiny-model.js';
import { importAdapter } from '../../adapters/import.js';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import { memorySource } from '../../../test/support/memory-source.js';
import type { BaseModel } from '../../models/base-model.js';
import { loadBaseModel } from '../../models/load.js';
import { EngineHost } from '../../runtime/engine-host.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { makeObjective, objectiveOptions } from '../objectives/table.js';
import { makeOptimizer, optimizerOptions } from '../optim/table.js';
import { Random } from '../../common/random.js';
import { collate } from '../run/collate.js';
import { makeStep } from '../step/make-step.js';
import { compileOutputs } from '../step/outputs-program.js';
import { stackRuns } from '../step/stack.js';
import type { Feeds } from '../step/step.js';
import { TrainingState } from '../step/training-state.js';
import { writeFiles } from '../step/write-files.js';
import type { Trainable } from '../trainable.js';
import type { MethodContext } from './method.js';
import { methodOptions, type MethodOptions } from './options.js';
import { openMethod, startMethod } from './table.js';

const executors = useExecutors();
const LABELS = { labels: ['red', 'green', 'blue'], problem: 'single' as const };
const files = tinyModelFiles({ modelType: 'bert', task: 'masked_lm' });
const loaded = loadTinyModel({ modelType: 'bert', task: 'masked_lm' });

const METHODS = [
  { name: 'lora', rank: 3 },
  {
    name: 'lora',
    rank: 2,
    targets: ['query', 'key', 'value', 'attention_output', 'ffn_up', 'ffn_down'],
    rankStabilised: true,
    rateRatio: 4,
    loraBias: true,
    bias: 'all',
  },
  {
    name: 'lora',
    rank: 2,
    layers: [1],
    rankPattern: { value: 1 },
    alphaPattern: { query: 4 },
    initialisation: 'gaussian',
    bias: 'adapted',
  },
  { name: 'dora', rank: 3 },
  { name: 'ia3' },
  { name: 'bottleneck', placement: 'houlsby', reductionFactor: 4 },
  { name: 'bottleneck', placement: 'pfeiffer', reductionFactor: 4 },
  { name: 'bottleneck', placement: 'parallel', reductionFactor: 4 },
  { name: 'prefix', tokens: 3 },
  { name: 'prefix', tokens: 3, projection: true, projectionWidth: 5 },
  { name: 'prompt', tokens: 3 },
  { name: 'p_tuning', tokens: 3, width: 5 },
  { name: 'p_tuning', tokens: 3, encoder: 'lstm', width: 5 },
  { name: 'bitfit' },
  { name: 'full' },
  { name: 'partial', topLayers: 1 },
  { name: 'progressive' },
  { name: 'hybrid', topLayers: 1, rank: 2 },
] as const;

const TABLE = METHODS.map((options): [string, MethodOptions] => [
  JSON.stringify(options),
  methodOptions.parse(options),
]);
/** Those that see exactly the base before their first step. */
const EXACT = new Set(['lora', 'dora', 'ia3', 'bitfit', 'full', 'partial', 'progressive', 'hybrid']);

function contextOf(base: BaseModel, seed = 1, task: AdapterTask = 'sequence_classification'): MethodContext {
  return { base, task, labels: LABELS, random: Random.stream(seed, 'initial'), baseFiles: files };
}

async function setUp(trainables: readonly Trainable[], base: BaseModel, task: AdapterTask = 'sequence_classification') {
  const { onnx } = executors();
  const objective = makeObjective(objectiveOptions.parse({ name: 'cross_entropy' }));
  const stack = stackRuns(trainables, { base, task, objective, dropout: NO_DROPOUT });
  const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'adamw' }));
  const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
  const step = await makeStep({ executor: onnx, model: stack.model, state, optimizer, clips: true });
  return { stack, state, step, outputs: await compileOutputs(onnx, stack.model) };
}

const TEXTS = ['the rain', 'market and rain, the', 'a', 'the market!'];

function batchOf(
  base: BaseModel,
  trainables: readonly Trainable[],
  rows: readonly { run: number; text: number }[],
): Feeds {
  const examples = rows.map(({ run, text }) => {
    const { ids, typeIds } = base.tokenizer.encode(TEXTS[text]!);
    const example = { inputIds: ids, tokenTypeIds: typeIds, label: text % 3, weight: 1, tokens: ids.length };
    return { example, index: text, run };
  });
  return collate(examples, {
    model: { task: 'sequence_classification', runs: trainables.length, base },
    virtual: trainables[0]!,
    stream: [],
    seeds: [0],
  });
}

const ALL = TEXTS.map((_, text) => ({ run: 0, text }));
const inputsOf = ({ targets: _targets, row_weight: _weights, loss_run: _runs, ...inputs }: Feeds): Feeds => inputs;

describe.each(TABLE)('%s', (_name, options) => {
  it('starts at the base, trains, and leaves what is frozen alone', async () => {
    const base = await loaded;
    const before = new Map([...base.weights].map(([name, held]) => [name, Float32Array.from(held.data)]));
    const trainable = startMethod(options, contextOf(base));
    const { state, step, outputs } = await setUp([trainable], base);
    const feeds = batchOf(base, [trainable], ALL);
    if (EXACT.has(options.name)) {
      const bare = startMethod(methodOptions.parse({ name: 'partial', topLayers: 0 }), contextOf(base));
      const probe = await setUp([bare], base);
      copyHead(probe.state, state);
      const expected = await probe.outputs.run(inputsOf(feeds), probe.state);
      const got = await outputs.run(inputsOf(feeds), state);
      got.data.forEach((value, at) => expect(value).toBeCloseTo(expected.data[at]!, 5));
    }
    const losses: number[] = [];
    for (let at = 1; at <= 12; at++) {
      const { losses: own } = await step.run({ parts: [feeds], rates: [0.02], maxNorms: [1], step: at });
      losses.push(own[0]!);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    for (const [name, held] of base.weights) expect(held.data).toEqual(before.get(name));
  });

  it('writes files that are read back and answer the same', async () => {
    const base = await loaded;
    const trainable = startMethod(options, contextOf(base));
    const { stack, state, step, outputs } = await setUp([trainable], base);
    const feeds = batchOf(base, [trainable], ALL);
    for (let at = 1; at <= 3; at++) await step.run({ parts: [feeds], rates: [0.05], maxNorms: [1], step: at });
    const expected = await outputs.run(inputsOf(feeds), state);
    const written = await writeFiles(executors().onnx, trainable, stack.unstack(state.parameters(), 0));
    const got = trainable.kind === 'adapter' ? await served(base, written) : await servedBase(written);
    got.forEach((value, at) => expect(value).toBeCloseTo(expected.data[at]!, 4));
    const again = openMethod(written, options, contextOf(base, 2));
    const reopened = await setUp([again], base);
    const logits = await reopened.outputs.run(inputsOf(batchOf(base, [again], ALL)), reopened.state);
    if (trainable.kind === 'adapter')
      logits.data.forEach((value, at) => expect(value).toBeCloseTo(expected.data[at]!, 4));
  });
});

// DoRA's norm is a constant in the backward pass by design; its gradients are those of the golden trajectory.
describe.each(TABLE.filter(([, { name }]) => name !== 'dora'))('gradients: %s', (_name, options) => {
  it('are those of finite differences', async () => {
    const base = await loaded;
    await expectFiniteDifferences(startMethod(options, contextOf(base)), base);
  });
});

describe.each(TABLE.filter(([, { name }]) => !['full', 'partial', 'progressive', 'hybrid'].includes(name)))(
  'together: %s',
  (_name, options) => {
    it('trains several runs in one batch as each alone', async () => {
      const base = await loaded;
      const trainables = [1, 2, 3].map((seed) => startMethod(options, contextOf(base, seed)));
      const together = await setUp(trainables, base);
      const rates = [0.02, 0.01, 0.03];
      const rowsOf = (run: number) => [run % 4, (run + 1) % 4].map((text) => ({ run, text }));
      const joined = batchOf(base, trainables, [0, 1, 2].flatMap(rowsOf));
      const maxNorms = [1, 0.5, 1];
      const results = [];
      for (let at = 1; at <= 3; at++)
        results.push(await together.step.run({ parts: [joined], rates, maxNorms, step: at }));
      for (const [run, trainable] of trainables.entries()) {
        const alone = await setUp([trainable], base);
        const feeds = batchOf(
          base,
          [trainable],
          rowsOf(run).map(({ text }) => ({ run: 0, text })),
        );
        for (let at = 1; at <= 3; at++) {
          const { losses, gradNorms } = await alone.step.run({
            parts: [feeds],
            rates: [rates[run]!],
            maxNorms: [maxNorms[run]!],
            step: at,
          });
          expect(results[at - 1]!.losses[run]).toBeCloseTo(losses[0]!, 4);
          expect(results[at - 1]!.gradNorms[run]! / gradNorms[0]!).toBeCloseTo(1, 2);
        }
        const own = together.stack.unstack(together.state.parameters(), run);
        expect([...own.keys()]).toEqual([...alone.state.parameters().keys()]);
      }
    });
  },
);

it('trains runs of unequal ranks and label counts together as each alone', async () => {
  const base = await loaded;
  const runs = [
    { rank: 2, labels: 3 },
    { rank: 4, labels: 2 },
  ].map(({ rank, labels }) => {
    const context = { ...contextOf(base, rank), labels: { ...LABELS, labels: LABELS.labels.slice(0, labels) } };
    return startMethod(methodOptions.parse({ name: 'lora', rank }), context);
  });
  const { onnx } = executors();
  const objective = makeObjective(objectiveOptions.parse({ name: 'cross_entropy', labelSmoothing: 0.1 }));
  const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'adamw' }));
  const make = async (trainables: readonly Trainable[], labelCounts: readonly number[]) => {
    const stack = stackRuns(trainables, {
      base,
      task: 'sequence_classification',
      objective,
      dropout: NO_DROPOUT,
      labelCounts,
    });
    const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
    return {
      stack,
      state,
      step: await makeStep({ executor: onnx, model: stack.model, state, optimizer, clips: false }),
    };
  };
  const together = await make(runs, [3, 2]);
  const rows = [0, 1, 0, 1].map((text, at) => ({ run: Math.floor(at / 2), text }));
  const joined = batchOf(base, runs, rows);
  const alone = await Promise.all(runs.map((run, at) => make([run], [3 - at])));
  for (let at = 1; at <= 4; at++) {
    const { losses } = await together.step.run({ parts: [joined], rates: [0.02, 0.02], step: at });
    for (const [run, { step }] of alone.entries()) {
      const feeds = batchOf(
        base,
        [runs[run]!],
        [0, 1].map((text) => ({ run: 0, text })),
      );
      const { losses: own } = await step.run({ parts: [feeds], rates: [0.02], step: at });
      expect(losses[run]).toBeCloseTo(own[0]!, 4);
    }
  }
  for (const [run, { state }] of alone.entries()) {
    const own = together.stack.unstack(together.state.parameters(), run);
    for (const [name, held] of state.parameters()) {
      expect(own.get(name)?.shape).toEqual(held.shape);
      own.get(name)!.data.forEach((value, at) => expect(value).toBeCloseTo(held.data[at]!, 3));
    }
  }
});

/** The classifier of one run in the place of another's, by the end of its name. */
function copyHead(from: TrainingState, to: TrainingState): void {
  const heads = [...from.tensors()].filter(([name]) => name.startsWith('p.') && name.includes('classifier'));
  for (const [name, held] of to.tensors()) {
    const found = heads.find(([other]) => name.startsWith('p.') && name.endsWith(other.slice(2)));
    if (found) held.data.set(found[1].data);
  }
}

/**
 * The loss's slope along the gradient, from one step of plain descent: Δp = −rate · g, so (loss(p) − loss(p − Δ)) / rate must
 * be ‖g‖², here by central differences for the direction of every parameter at once.
 */
async function expectFiniteDifferences(trainable: Trainable, base: BaseModel): Promise<void> {
  const { onnx } = executors();
  const objective = makeObjective(objectiveOptions.parse({ name: 'cross_entropy' }));
  const stack = stackRuns([trainable], { base, task: 'sequence_classification', objective, dropout: NO_DROPOUT });
  const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'sgd' }));
  const feeds = batchOf(base, [trainable], ALL);
  const random = Random.stream(5, 'finite');
  // Away from the start, where some gradients are zero.
  const moved = new Map(
    [...stack.initial].map(([name, held]) => [
      name,
      { ...held, data: held.data.map((x) => x + 0.1 * random.normal()) },
    ]),
  );
  const state = new TrainingState(stack.model, optimizer, moved, stack.frozen);
  const step = await makeStep({ executor: onnx, model: stack.model, state, optimizer, clips: false });
  const runAt = (shift: (name: string, at: number) => number, rate: number) => {
    const shifted = [...moved].map(([name, held]) => {
      return [`p.${name}`, { ...held, data: held.data.map((x, at) => x + shift(name, at)) }] as const;
    });
    state.restore(new Map(shifted));
    return step.run({ parts: [feeds], rates: [rate], step: 1 });
  };
  const lossAt = async (shift: (name: string, at: number) => number): Promise<number> => {
    return (await runAt(shift, 0)).losses[0]!;
  };
  const { gradNorms } = await runAt(() => 0, 1);
  const after = state.parameters();
  const rates = new Map(stack.model.parameters.map(({ name, rate }) => [name, rate]));
  const gradient = new Map(
    [...moved].map(([name, { data }]) => [
      name,
      data.map((x, at) => (x - after.get(name)!.data[at]!) / rates.get(name)!),
    ]),
  );
  const squared = [...gradient.values()].reduce((sum, g) => sum + g.reduce((a, b) => a + b * b, 0), 0);
  expect(Math.sqrt(squared)).toBeCloseTo(gradNorms[0]!, 3);
  const width = 2e-3 / Math.sqrt(squared);
  const along = (sign: number) => (name: string, at: number) => sign * width * gradient.get(name)![at]!;
  const slope = ((await lossAt(along(1))) - (await lossAt(along(-1)))) / (2 * width);
  expect(slope / squared).toBeCloseTo(1, 1);
}

async function served(base: BaseModel, written: ReadonlyMap<string, Uint8Array>): Promise<number[]> {
  const { brick } = importAdapter(written, base, { task: 'sequence_classification' });
  const host = new EngineHost({ name: 'base', base, executor: executors().onnx });
  await host.load('adapter', brick);
  return answers(host, base, 'adapter');
}

async function servedBase(written: ReadonlyMap<string, Uint8Array>): Promise<number[]> {
  const own = await loadBaseModel(memorySource(new Map(written)));
  expect(own.labels).toEqual(LABELS);
  return answers(new EngineHost({ name: 'own', base: own, executor: executors().onnx }), own, undefined);
}

async function answers(host: EngineHost, base: BaseModel, adapter: string | undefined): Promise<number[]> {
  const rows = TEXTS.map((text) => {
    const { ids, typeIds } = base.tokenizer.encode(text);
    return {
      inputIds: ids,
      tokenTypeIds: typeIds,
      bricks: adapter === undefined ? [] : [{ id: adapter, weight: 1 }],
      heads: [adapter ?? 'base'],
      task: { kind: 'sequence' as const },
    };
  });
  const { rows: results } = await host.run(rows);
  return results.flatMap(({ data }) => [...data]);
}
