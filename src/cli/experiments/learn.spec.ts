import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeExperimentData } from '../../../test/support/experiment-data.js';
import { DEFAULT_RATES } from '../../training/methods/default-rates.js';
import type { Experiment } from './experiment.js';
import { learn } from './learn.js';
import { rates } from './rates.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tessera-learn-table-'));
  await writeExperimentData(join(home, 'data'));
});
afterEach(() => rm(home, { recursive: true }));

const cell = { score: 0.5, validation: 0.25, trainedParameters: 100, cpuSeconds: 1.6, peakBytes: 3 << 20, steps: 2 };

async function found(experiment: Experiment, only: string, finished: Readonly<Record<string, object>> = {}) {
  const path = join(home, 'work', experiment.name, experiment === learn ? 'finished.jsonl' : 'rates.jsonl');
  await mkdir(dirname(path), { recursive: true });
  const lines = Object.entries(finished).map(([key, more]) => `${JSON.stringify({ key, ...cell, ...more })}\n`);
  await writeFile(path, lines.join(''));
  const options = { data: join(home, 'data'), work: join(home, 'work'), 'budget-minutes': '1', only };
  return experiment.run(options, () => undefined);
}

describe('learn', () => {
  it('makes its table of runs that are finished: means with their spread, largest costs, the majority class', async () => {
    const { rows, notes, isReached } = await found(learn, 'clinc-banking/prompt', {
      'clinc-banking/lora/0': { score: 0.8, start: 0.1 },
      'clinc-banking/lora/1': { score: 0.9, cpuSeconds: 2.4 },
      'clinc-banking/prompt/0': { score: 0.5, start: 0.1 },
      'sst2/lora/0': { score: 0.4, start: 0.3 },
    });
    expect(rows.filter(([task]) => task === 'clinc-banking')).toEqual([
      ['clinc-banking', 'majority class', '50.0', '', '', '0', '', ''],
      ['clinc-banking', 'lora', '85.0 ± 7.1', '10.0', '2', '100', '2', '3 MiB'],
      ['clinc-banking', 'prompt', '50.0', '10.0', '1', '100', '2', '3 MiB'],
    ]);
    expect(notes).toContainEqual(
      expect.stringContaining(
        'beats the majority class: **missed** (clinc-banking: prompt 50.0; sst2: lora 40.0; not run:',
      ),
    );
    expect(notes).toContainEqual(
      expect.stringMatching(/beats its own initialisation: open \(not run: clinc-banking, /),
    );
    expect(isReached).toBe(false);
  });

  it('refuses a filter that names no task and method, and a budget that is none', async () => {
    await expect(found(learn, 'lora')).rejects.toThrow('--only: expected TASK/METHOD, got lora');
    const options = { data: join(home, 'data'), work: join(home, 'work'), 'budget-minutes': '0' };
    await expect(learn.run(options, () => undefined)).rejects.toThrow(
      '--budget-minutes: expected a number above 0, got 0',
    );
  });
});

it('rates: what was reached at a third of the default rate, at the default and at three times it', async () => {
  const thirds = [1 / 3, 1, 3].map((factor) => Number((factor * DEFAULT_RATES.prompt).toPrecision(1)));
  const finished = thirds.map((rate, at) => [`prompt/${rate}`, { validation: at / 4 }] as const);
  const { rows } = await found(rates, 'prompt', Object.fromEntries(finished));
  expect(rows).toEqual([['prompt', `${thirds[0]}: 0.0`, `${thirds[1]}: 25.0`, `${thirds[2]}: 50.0`]]);
});
