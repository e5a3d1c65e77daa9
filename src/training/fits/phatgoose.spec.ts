import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBrick, type BrickKind } from '../../../test/support/random-brick.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { temporaryExecutor, type TemporaryExecutor } from '../../../test/support/temporary-executor.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import { gradients } from '../../engine/gradient.js';
import { Graph, type Value } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { BaseModel } from '../../models/base-model.js';
import { Forward } from '../graph/forward.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { makeObjective, objectiveOptions } from '../objectives/table.js';
import { collate } from '../run/collate.js';
import { NO_VIRTUAL_TOKENS } from '../step/batch-feeds.js';
import { lossSums, meanOf } from '../step/loss.js';
import { stackRuns } from '../step/stack.js';
import { FixedBricks } from './fixed-bricks.js';
import { encodeRows, trainableOf, withHead } from './learn-gains.js';
import { fitPhatgoose, phatgooseGains } from './phatgoose.js';

const KINDS = ['lora', 'dora', 'biases', 'bottleneck_normed', 'bottleneck_residual'] as const;
const LABELS = { labels: ['red', 'green', 'blue'], problem: 'single' } as const;
const EXAMPLES = Array.from({ length: 12 }, (_, at) => ({
  text: ['the rain and the market', 'a b c 1 2', 'raining'][at % 3]!,
  label: LABELS.labels[at % 3]!,
}));

let base: BaseModel;
let engine: TemporaryExecutor;
beforeAll(async () => {
  base = await loadTinyModel({ modelType: 'bert', task: 'sequence' });
  engine = await temporaryExecutor();
});
afterAll(() => engine.close());

const brickOf = (kind: BrickKind) => randomBrick(kind, base.sites, { seed: 5 });

describe('the gates of PHATGOOSE', () => {
  it.each(KINDS)('of a %s adapter have the gradients of finite differences', async (kind) => {
    const brick = brickOf(kind);
    const learned = phatgooseGains(new FixedBricks([brick], base.sites));
    const data = { base, task: 'sequence_classification', labels: LABELS, examples: EXAMPLES } as const;
    const rows = encodeRows(data);
    const stack = stackRuns([trainableOf(learned)], {
      base: withHead(base, brick.head),
      task: 'sequence_classification',
      objective: makeObjective(objectiveOptions.parse({ name: 'cross_entropy' })),
      dropout: NO_DROPOUT,
    });
    const { model } = stack;
    const graph = new Graph('gates');
    const forward = new Forward(graph, model, { from: -1, to: 3 }, { isTraining: true, lowest: 0 });
    const loss = meanOf(lossSums(forward, forward.outputs()));
    graph.output('loss', loss);
    const names = model.parameters.map(({ name }) => name);
    gradients(loss, names.map((name) => forward.parameters.get(name)) as Value[]).forEach((value, at) =>
      graph.output(`d.${names[at]}`, value),
    );
    const program = await engine.executor.compile(graph);
    const batch = rows.slice(0, 4).map((example, index) => ({ example, index, run: 0 }));
    const feeds = collate(batch, { model, virtual: NO_VIRTUAL_TOKENS, stream: [0], seeds: [0] });
    const random = new SeededRandom(3);
    const at = new Map(
      model.parameters.map(({ name, shape }) => [name, tensor('float32', shape, random.floats(shape[0]!, -0.5, 0.5))]),
    );
    const run = async (values: ReadonlyMap<string, Tensor>): Promise<Record<string, Tensor>> => {
      const given = [...stack.frozen, ...values].map(([name, held]) => [`p.${name}`, held] as const);
      const all = { ...feeds, ...Object.fromEntries(given) };
      return program.run(Object.fromEntries(Object.entries(all).filter(([name]) => graph.inputs.has(name))));
    };
    const found = await run(at);
    for (const name of names) {
      const held = at.get(name)!;
      const gradient = found[`d.${name}`]!.data as Float32Array;
      const largest = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best), 0);
      const moved = async (by: number): Promise<number> => {
        const data = Float32Array.from(held.data);
        data[largest]! += by;
        return Number((await run(new Map([...at, [name, tensor('float32', held.shape, data)]])))['loss']!.data[0]);
      };
      const numeric = ((await moved(0.02)) - (await moved(-0.02))) / 0.04;
      expect(Math.abs(gradient[largest]! - numeric)).toBeLessThan(2e-4 + 0.03 * Math.abs(numeric));
    }
    await program.dispose();
  });

  it('lessen the loss, and are the same bits for the same seed', async () => {
    const losses: number[] = [];
    const fit = {
      base,
      brick: brickOf('lora'),
      task: 'sequence_classification',
      labels: LABELS,
      examples: EXAMPLES,
    } as const;
    const settings = { steps: 40, learningRate: 0.05, batchSize: 12 };
    const first = await fitPhatgoose({ ...fit, ...settings }, engine.executor, {
      onStep: ({ loss }) => losses.push(loss),
    });
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.01);
    const again = await fitPhatgoose({ ...fit, ...settings }, engine.executor);
    expect(again.trained).toEqual(first.trained);
    const { hidden, layers } = base.sites;
    expect(Object.keys(first.gates).sort()).toEqual(['query', 'value']);
    const layer = first.gates.query!.subarray(0, hidden);
    expect(first.gates.query).toHaveLength(layers * hidden);
    expect(layer.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
    expect(layer.reduce((sum, value) => sum + value * value, 0) / hidden).toBeGreaterThan(0.5);
  });

  it.each<[BrickKind, string]>([
    ['prefix', 'virtual tokens'],
    ['prompt', 'virtual tokens'],
    ['ia3', 'scales'],
    ['norms', 'norms'],
    ['embedding', 'embedding tables'],
  ])('are refused for a %s adapter', async (kind, got) => {
    const fit = {
      base,
      brick: brickOf(kind),
      task: 'sequence_classification',
      labels: LABELS,
      examples: EXAMPLES,
    } as const;
    await expect(fitPhatgoose(fit, engine.executor)).rejects.toThrow(`which tokens can have shares of, got ${got}`);
  });

  it('need examples, labels that are known, and numbers that are finite; a stop is heard', async () => {
    const fit = {
      base,
      brick: brickOf('lora'),
      task: 'sequence_classification',
      labels: LABELS,
      examples: EXAMPLES,
    } as const;
    await expect(fitPhatgoose({ ...fit, examples: [] }, engine.executor)).rejects.toThrow('expected at least one');
    const odd = [{ text: 'a', label: 'purple' }];
    await expect(fitPhatgoose({ ...fit, examples: odd }, engine.executor)).rejects.toThrow('got purple');
    const broken = brickOf('lora');
    broken.lowRank.query!.b.fill(1e38);
    await expect(fitPhatgoose({ ...fit, brick: broken }, engine.executor)).rejects.toThrow('expected a finite loss');
    const stopped = { signal: AbortSignal.abort() };
    await expect(fitPhatgoose(fit, engine.executor, stopped)).rejects.toThrow('stopped before its end');
  });
});
