import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrainingProcess } from '../../src/runtime/training-process.js';
import type { RunEnd } from '../../src/runtime/training-messages.js';
import type { TrainingEvent } from '../../src/training/events.js';
import { trainingSpec, type TrainingSpec } from '../../src/training/hyperparameters.js';
import ensureBuilt from '../support/build.js';
import { writeTinyModel } from '../support/tiny-model.js';
import { alone, expectAlike, type Done } from '../support/together-kit.js';

let home = '';

beforeAll(async () => {
  await ensureBuilt();
  home = await mkdtemp(join(tmpdir(), 'together-child-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert' });
  for (const [name, labels] of [
    ['first', 2],
    ['second', 3],
  ] as const) {
    const rows = Array.from({ length: 12 }, (_, at) => ({
      text: ['the cat', 'a dog ran', 'rain'][at % 3],
      label: `${name} ${at % labels}`,
    }));
    await writeFile(join(home, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
});
afterAll(() => rm(home, { recursive: true, force: true }));

const specOf = (data: string, more: object): TrainingSpec =>
  trainingSpec.parse({
    base: join(home, 'base'),
    task: 'sequence_classification',
    method: { name: 'lora', rank: 4 },
    data: { train: join(home, `${data}.jsonl`) },
    batchSize: 4,
    learningRate: 5e-3,
    checkpointEvery: 3,
    dropout: { head: 0.1 },
    ...more,
  });

/** Starts both in one process; `watch` sees every event with its run. */
function start(
  specs: readonly TrainingSpec[],
  directories: readonly string[],
  watch: (run: number, event: TrainingEvent) => void = () => undefined,
) {
  const events: TrainingEvent[][] = specs.map(() => []);
  const ends: (RunEnd<Error> | undefined)[] = specs.map(() => undefined);
  const child = new TrainingProcess({
    task: 'train_together',
    request: { runs: specs.map((spec, at) => ({ spec, directory: directories[at]! })), directory: home },
    threads: 1,
    onEvent: (event, run = -1) => {
      events[run]!.push(event);
      watch(run, event);
    },
    onRunEnd: (run, end) => void (ends[run] = end),
  });
  return { child, events, ends };
}

function doneOf(end: RunEnd<Error> | undefined, events: TrainingEvent[], directory: string): Done {
  if (end === undefined || 'error' in end) throw end?.error ?? new Error('run: expected an end, got none');
  return { outcome: { status: 'fulfilled', value: end.result }, events, directory };
}

async function newDirectories(): Promise<string[]> {
  const root = await mkdtemp(join(home, 'runs-'));
  const made = ['first', 'second'].map((name) => join(root, name));
  for (const path of made) await mkdir(path);
  return made;
}

describe('several runs in one process', { timeout: 300_000 }, () => {
  it('end as alone after the process was killed in the middle', async () => {
    const specs = [specOf('first', { maxSteps: 12, seed: 1 }), specOf('second', { maxSteps: 15, seed: 2 })];
    const directories = await newDirectories();
    const saved = new Set<number>();
    const killed = start(specs, directories, (run, { type }) => {
      if (type !== 'checkpoint') return;
      saved.add(run);
      if (saved.size === 2) killed.child.kill();
    });
    await expect(killed.child.result).rejects.toMatchObject({ code: 'training_process_died' });
    expect(killed.ends).toEqual([undefined, undefined]);
    const { child, events, ends } = start(specs, directories);
    expect(await child.result).toBe('ended');
    for (const [at, spec] of specs.entries()) {
      expect(events[at]![0]).toMatchObject({ type: 'started' });
      expect((events[at]![0] as { resumedFrom: number }).resumedFrom).toBeGreaterThan(0);
      await expectAlike(doneOf(ends[at], events[at]!, directories[at]!), await alone(spec));
    }
  });

  it('stop one by one, and a run that fails tells its own reason alone', async () => {
    const specs = [
      specOf('first', { maxSteps: 500, seed: 1 }),
      specOf('missing', { maxSteps: 5 }),
      specOf('second', { maxSteps: 9 }),
    ];
    const directories = [...(await newDirectories()), join(home, 'third')];
    const { child, events, ends } = start(specs, directories, (run, { type }) => {
      if (run === 0 && type === 'step') child.stop(0);
    });
    await child.result;
    expect(ends[0]).toMatchObject({ result: { stopped: 'aborted' } });
    expect(ends[1]).toMatchObject({ error: { message: expect.stringContaining('missing.jsonl') as string } });
    expect(ends[2]).toMatchObject({ result: { stopped: 'finished', steps: 9 } });
    expect(events[1]).toEqual([]);
    expect(JSON.stringify([events[0], events[2]])).not.toContain('missing');
  });
});
