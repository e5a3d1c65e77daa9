import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deltaDistance, loraDeltas, sumOfDeltas } from '../../../test/support/lora-deltas.js';
import { loraAdapter } from '../../../test/support/peft-adapter.js';
import { fromDirectory, type AdapterFiles } from '../../adapters/files.js';
import { runCommand } from '../run-command.js';
import { mergeCommand } from './merge.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'tessera-merge-command-'))));
afterEach(() => rm(root, { recursive: true }));

const A = loraAdapter();
const B = loraAdapter({ lora_alpha: 2 });

async function write(name: string, files: AdapterFiles): Promise<string> {
  await mkdir(join(root, name));
  for (const [file, bytes] of files) await writeFile(join(root, name, file), bytes);
  return join(root, name);
}

async function run(...words: string[]) {
  let [out, error] = ['', ''];
  const code = await runCommand(['merge', ...words], [mergeCommand], {
    out: (part) => void (out += part),
    error: (part) => void (error += part),
    env: {},
    fetch,
  });
  return { code, out, error };
}

it('writes an adapter that is the weighted sum, and says so', async () => {
  const [a, b, to] = [await write('a', A), await write('b', B), join(root, 'merged')];
  const { code, out, error } = await run(a, `${b}=-0.5`, '--out', to, '--head', '0');
  expect([code, error]).toEqual([0, '']);
  expect(out).toBe(`${to}: cat of 2, rank 8, 0.00 % from the weighted sum\n`);
  const sum = sumOfDeltas([
    { files: A, weight: 1 },
    { files: B, weight: -0.5 },
  ]);
  expect(deltaDistance(loraDeltas(await fromDirectory(to)), sum)).toBeLessThan(1e-6);
  expect((await run(a, '--out', to)).error).toContain('expected a folder that is empty or not there yet');
});

it('says what it does not take', async () => {
  const a = await write('a', A);
  const to = join(root, 'merged');
  expect((await run(a)).error).toContain('--out: expected a value');
  expect((await run(`${a}=much`, '--out', to)).error).toContain('expected DIR=WEIGHT with a finite number');
  expect((await run(a, '--out', to, '--kind', 'mean')).error).toContain('--kind: expected one of cat, svd');
  expect((await run(a, '--out', to, '--rank', '3')).error).toContain('merge.rank: expected none for cat');
  expect((await run(a, a, '--out', to)).error).toContain('merge.head: expected the place of a member with a head');
});
