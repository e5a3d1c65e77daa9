import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBrick, type BrickKind } from '../../../test/support/random-brick.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { temporaryExecutor, type TemporaryExecutor } from '../../../test/support/temporary-executor.js';
import { closeHosts, distance, tinyHost } from '../../../test/support/tiny-host.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import { importAdapter } from '../../adapters/import.js';
import { readHubFusion, readFusionConfig } from '../../adapters/routing/hub-fusion.js';
import { gradients } from '../../engine/gradient.js';
import { Graph, type Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { BaseModel } from '../../models/base-model.js';
import type { Row } from '../../runtime/protocol.js';
import { Forward } from '../graph/forward.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { makeObjective, objectiveOptions } from '../objectives/table.js';
import type { ParameterTensors } from '../parameter.js';
import { collate } from '../run/collate.js';
import { NO_VIRTUAL_TOKENS } from '../step/batch-feeds.js';
import { lossSums, meanOf } from '../step/loss.js';
import { stackRuns, type Stack } from '../step/stack.js';
import { FUSION_DEFAULTS, fitFusion, fusionTrainable, memberNames, type FusionFit } from './fusion.js';
import { encodeRows, withHead } from './learn-gains.js';

const LABELS = { labels: ['red', 'green', 'blue'], problem: 'single' } as const;
const EXAMPLES = Array.from({ length: 12 }, (_, at) => ({
  text: ['the rain and the market', 'a b c 1 2', 'raining'][at % 3]!,
  label: LABELS.labels[at % 3]!,
}));
const KINDS = ['bottleneck_normed', 'bottleneck_output', 'bottleneck_residual'] as const;

let base: BaseModel;
let engine: TemporaryExecutor;
beforeAll(async () => {
  base = await loadTinyModel({ modelType: 'bert', task: 'sequence' });
  engine = await temporaryExecutor();
});
afterAll(async () => {
  await engine.close();
  await closeHosts();
});

const membersOf = (...kinds: readonly BrickKind[]) =>
  kinds.map((kind, at) => ({ name: `m${at}`, brick: randomBrick(kind, base.sites, { seed: at + 1, pages: at + 1 }) }));
const fitOf = (kind: BrickKind): FusionFit => {
  const members = membersOf(kind, kind, kind);
  return { base, task: 'sequence_classification', labels: LABELS, examples: EXAMPLES, members };
};

/** The graph of a fit's loss, its gradients and its logits, at given parameters. */
async function programOf(fit: FusionFit) {
  const trainable = fusionTrainable(fit, FUSION_DEFAULTS);
  const stack = stackRuns([trainable], {
    base: withHead(base, fit.head),
    task: 'sequence_classification',
    objective: makeObjective(objectiveOptions.parse({ name: 'cross_entropy' })),
    dropout: NO_DROPOUT,
  });
  const { model } = stack;
  const graph = new Graph('fusion');
  const forward = new Forward(graph, model, { from: -1, to: 3 }, { isTraining: true, lowest: 0 });
  const outputs = forward.outputs();
  const loss = add(meanOf(lossSums(forward, outputs)), forward.penalty()!);
  const names = model.parameters.map(({ name }) => name);
  const values = names.map((name) => forward.parameters.get(name)) as Value[];
  graph.output('loss', loss);
  graph.output('logits', outputs);
  gradients(loss, values).forEach((value, at) => graph.output(`d.${names[at]}`, value));
  const program = await engine.executor.compile(graph);
  const feeds = collate(
    encodeRows(fit)
      .slice(0, 4)
      .map((example, index) => ({ example, index, run: 0 })),
    { model, virtual: NO_VIRTUAL_TOKENS, stream: [0], seeds: [0] },
  );
  const run = async (at: ReadonlyMap<string, Tensor>): Promise<Record<string, Tensor>> => {
    const given = [...stack.frozen, ...at].map(([name, held]) => [`p.${name}`, held] as const);
    const all = Object.entries({ ...feeds, ...Object.fromEntries(given) });
    return program.run(Object.fromEntries(all.filter(([name]) => graph.inputs.has(name))));
  };
  return { trainable, stack, run, dispose: () => program.dispose() };
}

/** Parameters away from where they begin. */
function movedFrom({ model, initial }: Stack): ParameterTensors {
  const random = new SeededRandom(3);
  return new Map(
    model.parameters.map(({ name, shape }) => {
      const moves = random.floats(sizeOf(shape), -0.3, 0.3);
      return [
        name,
        tensor(
          'float32',
          shape,
          initial.get(name)!.data.map((value, at) => value + moves[at]!),
        ),
      ];
    }),
  );
}

describe('the fit of a fusion', () => {
  it.each(KINDS)('of members of kind %s has the gradients of finite differences', async (kind) => {
    const { stack, run, dispose } = await programOf(fitOf(kind));
    const at = movedFrom(stack);
    const found = await run(at);
    for (const { name } of stack.model.parameters) {
      const held = at.get(name)!;
      const gradient = found[`d.${name}`]!.data as Float32Array;
      const largest = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best), 0);
      const moved = async (by: number): Promise<number> => {
        const data = Float32Array.from(held.data);
        data[largest]! += by;
        return Number((await run(new Map([...at, [name, tensor('float32', held.shape, data)]])))['loss']!.data[0]);
      };
      const numeric = ((await moved(0.02)) - (await moved(-0.02))) / 0.04;
      expect(Math.abs(gradient[largest]! - numeric), name).toBeLessThan(3e-4 + 0.03 * Math.abs(numeric));
    }
    await dispose();
  });

  it.each(KINDS)('of members of kind %s answers in rows as it did when it was trained', async (kind) => {
    const fit = fitOf(kind);
    const { trainable, stack, run, dispose } = await programOf(fit);
    const at = movedFrom(stack);
    const { logits } = await run(at);
    await dispose();
    const { brick, labels } = importAdapter(trainable.files(at), base);
    expect([brick.experts, labels]).toEqual([3, LABELS]);
    const host = await tinyHost(base);
    for (const { name, brick: member } of fit.members) await host.load(name, member);
    await host.load('router', brick);
    const rows = encodeRows(fit)
      .slice(0, 4)
      .map(({ inputIds, tokenTypeIds }): Row => ({
        ...{ inputIds, ...(tokenTypeIds && { tokenTypeIds }), heads: ['router'], task: { kind: 'sequence' } },
        bricks: fit.members.map(({ name }) => ({ id: name, weight: 1, route: 0 })),
        routes: [{ law: 'adapter_fusion', fusion: 'router' }],
      }));
    const served = (await host.run(rows)).rows.flatMap(({ data }) => [...data]);
    expect(distance(Float32Array.from(served), Float32Array.from(logits!.data))).toBeLessThan(1e-4);
  });

  it('lessens the loss with a new head, holds V near the identity, and is the same bits for the same seed', async () => {
    const losses: number[] = [];
    const fit = { ...fitOf('bottleneck_normed'), steps: 40, learningRate: 5e-3, batchSize: 12 };
    const files = await fitFusion(fit, engine.executor, { onStep: ({ loss }) => losses.push(loss) });
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1);
    expect(await fitFusion(fit, engine.executor)).toEqual(files);
    const farOff = async (regularisation: number): Promise<number> => {
      const made = await fitFusion({ ...fit, regularisation }, engine.executor);
      const { modules } = readHubFusion(made, readFusionConfig(made)!);
      const { hidden } = base.sites;
      return [...modules.values()].reduce((sum, tensors) => {
        const { data } = tensors.get('value.weight')!;
        return sum + data.reduce((all, value, i) => all + (value - Number(i % (hidden + 1) === 0)) ** 2, 0);
      }, 0);
    };
    expect(await farOff(10)).toBeLessThan((await farOff(0)) / 4);
  });

  it('keeps a head that it is given, and brings none', async () => {
    const fit = fitOf('bottleneck_normed');
    const { head } = randomBrick('lora', base.sites, { seed: 3 });
    const files = await fitFusion({ ...fit, head, steps: 2 }, engine.executor);
    expect([...files.keys()].sort()).toEqual(['adapter_fusion_config.json', 'model_adapter_fusion.safetensors']);
    expect(importAdapter(files, base).labels).toBeUndefined();
  });

  it.each<[string, readonly BrickKind[], string]>([
    ['LoRA adapters', ['bottleneck_normed', 'lora'], 'expected bottlenecks, whose outputs attention mixes'],
    ['prefixes', ['bottleneck_normed', 'prefix'], 'got virtual tokens'],
    ['members at unlike blocks', ['bottleneck_normed', 'bottleneck_output'], 'members at the same blocks, attention'],
  ])('is refused for %s', async (_name, kinds, message) => {
    await expect(fitFusion({ ...fitOf('lora'), members: membersOf(...kinds) }, engine.executor)).rejects.toThrow(
      message,
    );
  });

  it('hears a stop, and needs members', async () => {
    const fit = fitOf('bottleneck_normed');
    await expect(fitFusion(fit, engine.executor, { signal: AbortSignal.abort() })).rejects.toThrow('stopped');
    await expect(fitFusion({ ...fit, members: [] }, engine.executor)).rejects.toThrow('got a member without any');
  });
});

it('names of members have no dots, commas, owners or versions, and are unlike', () => {
  const digest = `@sha256:${'0a'.repeat(32)}`;
  expect(memberNames([`bank${digest}`, `acme/bank${digest}`, 'v1.2', 'bank-2', 'b'])).toEqual([
    'bank',
    'bank-2',
    'v1-2',
    'bank-2-2',
    'b',
  ]);
});
