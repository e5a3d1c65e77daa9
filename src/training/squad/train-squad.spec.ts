import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../../test/support/tiny-model.js';
import { fromDirectory } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import type { Example } from '../datasets/example.js';
import type { TrainingEvent } from '../events.js';
import { extractSquad } from './extract-squad.js';
import { factorsAt } from './squad.js';
import { trainSquad, type SquadRequest } from './train-squad.js';

const rows = (times: number, ...each: [text: string, label: string][]): Example[] =>
  Array.from({ length: times }).flatMap(() => each.map(([text, label]) => ({ text, label })));
const TOPIC = rows(8, ['the rain', 'weather'], ['market a', 'same'], ['b rain and the', 'other']);
const MOOD = rows(8, ['the rain', 'sad'], ['market a', 'same']);
const TASKS = [
  { name: 'topic', train: TOPIC, validation: TOPIC },
  { name: 'mood', train: MOOD, validation: MOOD },
];

let home = '';
let runs = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'train-squad-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  await writeTinyModel(join(home, 'headed'), { modelType: 'bert', task: 'sequence' });
});
afterAll(() => rm(home, { recursive: true }));

interface Asked {
  readonly request?: Partial<SquadRequest>;
  readonly directory?: string;
  readonly stopAfter?: number;
}

async function run({ request = {}, directory = join(home, `run-${runs++}`), stopAfter }: Asked = {}) {
  const events: TrainingEvent[] = [];
  const stop = new AbortController();
  const onEvent = (event: TrainingEvent) => {
    events.push(event);
    if (event.type === 'step' && event.step === stopAfter) stop.abort();
  };
  const squad = await trainSquad(
    {
      base: join(home, 'base'),
      tasks: TASKS,
      method: { experts: 4, topK: 2, rank: 2 },
      ...request,
      spec: { epochs: 12, batchSize: 10, learningRate: 0.03, ...request.spec },
    },
    { directory, onEvent, signal: stop.signal },
  );
  const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
  return { ...squad, losses, events };
}

describe('training a squad', () => {
  it('learns all tasks with heads of their own, and keeps how they used its experts', async () => {
    const { losses, metrics, squad, heads, files } = await run();
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(metrics).toMatchObject({ accuracy: 1, accuracy_topic: 1, accuracy_mood: 1 });
    expect(squad.tasks).toEqual(['mood', 'topic']);
    expect(heads.get('topic')?.labels.labels).toEqual(['other', 'same', 'weather']);
    for (const place of squad.places) {
      const { data, shape } = factorsAt(squad, place).usage;
      expect(shape).toEqual([2, 4]);
      expect(data.slice(0, 4).reduce((a, b) => a + b)).toBeCloseTo(100, 2);
    }
    const base = await loadBaseModel(directorySource(join(home, 'base')));
    const expert = importAdapter(await fromDirectory(join(files, 'experts/e03')), base);
    expect(Object.keys(expert.brick.lowRank).sort()).toEqual(['query', 'value']);
    expect(expert.brick.head).toBeUndefined();
  });

  it.each(['mutual_information', 'load', 'none'] as const)('learns under one frozen head with %s', async (law) => {
    const pairs: [string, string][] = [
      ['the rain', 'green'],
      ['market a', 'red'],
    ];
    const turned = pairs.map(([text], at): [string, string] => [text, pairs[1 - at]![1]]);
    const tasks = [
      { name: 'one', train: rows(8, ...pairs) },
      { name: 'other', train: rows(8, ...turned) },
    ];
    const { losses, squad } = await run({
      request: { base: join(home, 'headed'), tasks, balance: { law, weight: 0.1 }, spec: { head: 'frozen' } },
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(extractSquad(squad, { task: 'one' }).squad.experts).toBeLessThanOrEqual(4);
  });

  it('goes on after it was stopped, to the same bits', async () => {
    const whole = await run();
    const directory = join(home, 'stopped');
    await expect(run({ directory, stopAfter: 7 })).rejects.toThrow('expected a run to its end');
    const resumed = await run({ directory });
    expect(resumed.losses).toEqual(whole.losses.slice(7));
    expect(resumed.squad.factors).toEqual(whole.squad.factors);
  });

  it.each<[string, Partial<SquadRequest>, string]>([
    ['more experts a token than there are', { method: { experts: 2, topK: 3 } }, 'expected at most as many as experts'],
    ['a task alone', { tasks: TASKS.slice(1) }, 'expected 2 to 64 tasks'],
    ['layers that the base has not', { method: { layers: [9] } }, 'layers: expected some of the base'],
    ['parts of a batch', { spec: { accumulation: 2 } }, 'got accumulation'],
  ])('refuses %s', async (_what, request, message) => {
    await expect(run({ request })).rejects.toThrow(message);
  });
});
