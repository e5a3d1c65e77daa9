import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_RATES } from '../../training/methods/default-rates.js';
import { runCommand } from '../run-command.js';
import { adviseCommand } from './advise.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'tessera-advise-command-'))));
afterEach(() => rm(root, { recursive: true }));

async function advised(rows: number, ...words: string[]) {
  const file = join(root, 'a.csv');
  const lines = Array.from(
    { length: rows },
    (_, at) => `${(at * 7919 + 1).toString(36)} and ${(at * 104_729 + 1).toString(36)},${at % 2 ? 'yes' : 'no'}`,
  );
  await writeFile(file, `text,label\n${lines.join('\n')}\n`);
  let [out, error] = ['', ''];
  const code = await runCommand(['advise', file, ...words], [adviseCommand], {
    out: (part) => void (out += part),
    error: (part) => void (error += part),
    env: {},
    fetch,
  });
  return { code, out, error };
}

it('prints the plan and its reasons', async () => {
  const { code, out } = await advised(100);
  expect(code).toBe(0);
  for (const part of [/"method":"lora","rank":4/, /"n_epochs":20/, /because\n/, /80 rows say little/])
    expect(out).toMatch(part);
});

it('keeps to a budget and to a method, and prints JSON', async () => {
  const { out } = await advised(400, '--method', 'prompt', '--budget-seconds', '10', '--json');
  const { adapter, hyperparameters, reasons } = JSON.parse(out) as Record<string, Record<string, unknown>>;
  expect(adapter).toEqual({ method: 'prompt' });
  expect(hyperparameters).toMatchObject({ batch_size: 16, learning_rate: DEFAULT_RATES.prompt });
  expect(reasons).toContainEqual(expect.stringContaining('the default of prompt'));
  expect((await advised(100, '--budget-seconds', '0')).error).toMatch(
    /--budget-seconds: expected a number above 0, got 0/,
  );
});

it('keeps no splits, and says so', async () => {
  expect((await advised(100, '--out', 'x')).error).toMatch(/Unknown option '--out'/);
});

it('says what cannot be trained on', async () => {
  const { code, out } = await advised(1);
  expect(code).toBe(1);
  expect(out).toMatch(/^cannot be trained on:\n/);
});
