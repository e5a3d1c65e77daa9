import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeHosts, distance, tinyHost } from '../../test/support/tiny-host.js';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { fromDirectory } from '../adapters/files.js';
import { importAdapter } from '../adapters/import.js';
import { routerPart } from '../adapters/routing/router-parts.js';
import { writeRouter } from '../adapters/routing/router-files.js';
import type { BaseModel } from '../models/base-model.js';
import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { expertFiles } from '../training/squad/expert-files.js';
import { extractSquad, type ExtractOptions } from '../training/squad/extract-squad.js';
import type { Squad } from '../training/squad/squad.js';
import { squadRouter } from '../training/squad/squad-router.js';
import { trainSquad, type TrainedSquad } from '../training/squad/train-squad.js';
import type { EngineHost } from './engine-host.js';

const TEXTS = ['the rain', 'market a', 'b rain and the', 'and'];
const LABELS = { one: ['up', 'down', 'up', 'left'], two: ['in', 'in', 'out', 'out'] };
type Task = keyof typeof LABELS;
const examples = (task: Task) => TEXTS.map((text, at) => ({ text, label: LABELS[task][at]! }));

let home = '';
let base: BaseModel;
let host: EngineHost;
let trained: TrainedSquad;
let loaded = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'squad-rows-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  base = await loadBaseModel(directorySource(join(home, 'base')));
  host = await tinyHost(base);
  trained = await trainSquad(
    {
      base: join(home, 'base'),
      tasks: (['one', 'two'] as const).map((name) => ({ name, train: examples(name), validation: examples(name) })),
      method: { experts: 5, topK: 2, rank: 3, alpha: 7, temperature: 0.8, targets: ['query', 'value', 'ffn_down'] },
      spec: { maxSteps: 12, batchSize: 8, learningRate: 0.03 },
    },
    { directory: join(home, 'run'), onEvent: () => undefined, signal: new AbortController().signal },
  );
}, 120_000);
afterAll(async () => {
  await closeHosts();
  await rm(home, { recursive: true });
});

/** Logits of the texts, by experts and router as they are served. */
async function answers(squad: Squad, task: Task): Promise<Float32Array[]> {
  const name = `${task}${loaded++}`;
  const head = { tensors: trained.head, rows: trained.heads.get(task)! };
  const files = writeRouter(squadRouter(squad, task, base, head), base.sites.layers);
  const router = importAdapter(files, base).brick;
  await host.load(`${name}.head`, routerPart(router, 'head'));
  for (let expert = 0; expert < squad.experts; expert++) {
    await host.load(`${name}.e${expert}`, importAdapter(expertFiles(squad, expert, base), base).brick);
    await host.load(`${name}#${expert}`, routerPart(router, expert));
  }
  const numbers = Array.from({ length: squad.experts }, (_, expert) => expert);
  const { topK, temperature } = squad;
  const { rows } = await host.run(
    TEXTS.map((text) => ({
      inputIds: base.tokenizer.encode(text).ids,
      bricks: numbers.map((expert) => ({ id: `${name}.e${expert}`, weight: 1, route: 0 })),
      routes: [{ law: 'mod_squad', topK, temperature, gates: numbers.map((expert) => `${name}#${expert}`) }],
      heads: [`${name}.head`],
      task: { kind: 'sequence' },
    })),
  );
  return rows.map(({ data }) => data);
}

function meanLoss(logits: readonly Float32Array[], task: Task): number {
  const labels = trained.heads.get(task)!.labels.labels;
  const losses = logits.map((row, at) => {
    const all = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return all - row[labels.indexOf(LABELS[task][at]!)]!;
  });
  return losses.reduce((a, b) => a + b) / losses.length;
}

describe('a squad as rows', () => {
  it('answers as it was trained', async () => {
    const { squad, metrics } = trained;
    const losses = [meanLoss(await answers(squad, 'one'), 'one'), meanLoss(await answers(squad, 'two'), 'two')];
    expect(losses[0]! + losses[1]!).toBeGreaterThan(0.01);
    expect((losses[0]! + losses[1]!) / 2).toBeCloseTo(metrics['loss']!, 5);
  });

  it('has its routers and experts among the files of the run', async () => {
    const { squad, files } = trained;
    const head = { tensors: trained.head, rows: trained.heads.get('two')! };
    const router = importAdapter(await fromDirectory(join(files, 'routers/two')), base);
    expect(router.brick.gates).toEqual(squadRouter(squad, 'two', base, head).gates);
    expect(router.labels?.labels).toEqual(['in', 'out']);
    const expert = importAdapter(await fromDirectory(join(files, 'experts/e04')), base);
    expect(expert.brick).toEqual(importAdapter(expertFiles(squad, 4, base), base).brick);
  });

  it.each(['layers', 'experts'] as const)('answers the same when nothing is cut by %s', async (by) => {
    const cut = extractSquad(trained.squad, { task: 'one', by, keep: 5 }).squad;
    const [whole, same] = [await answers(trained.squad, 'one'), await answers(cut, 'one')];
    whole.forEach((row, at) => expect(distance(row, same[at]!)).toBeLessThan(1e-5));
  });

  it.each<ExtractOptions>([
    { task: 'two', by: 'layers', keep: 2 },
    { task: 'two', by: 'experts', keep: 3 },
    { task: 'one', threshold: 60 },
  ])('answers when cut by %o', async (options) => {
    const { squad, kept } = extractSquad(trained.squad, options);
    expect(squad.experts).toBeLessThan(5);
    expect([...kept.values()].every((experts) => experts.length === squad.experts)).toBe(true);
    for (const row of await answers(squad, options.task as Task)) expect(row.every(Number.isFinite)).toBe(true);
  });
});
