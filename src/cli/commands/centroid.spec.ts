import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { loraAdapter } from '../../../test/support/peft-adapter.js';
import { fromDirectory } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import { runCommand } from '../run-command.js';
import { centroidCommand } from './centroid.js';

const base = adapterBase();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'centroid-'));
  for (const [name, bytes] of loraAdapter()) await writeFile(join(folder, name), bytes);
});
afterEach(() => rm(folder, { recursive: true }));

/** Embeds a text as its length on the first axis and 1 on the second. */
async function run(texts: string, directory = folder) {
  const path = join(folder, 'texts.txt');
  await writeFile(path, texts);
  let [out, error, calls] = ['', '', 0];
  const code = await runCommand(['adapters', 'centroid', directory, '--texts', path], [centroidCommand], {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    env: { TESSERA_KEY: 'k', TESSERA_URL: 'http://service' },
    fetch: ((_url: string, { body }: { body: string }) => {
      calls++;
      const { input } = JSON.parse(body) as { input: string[] };
      const embedding = (text: string) => [text.length, 1, ...new Array<number>(base.sites.hidden - 2).fill(0)];
      return Promise.resolve(Response.json({ data: input.map((text) => ({ embedding: embedding(text) })) }));
    }) as unknown as typeof fetch,
  });
  return { code, out, error, calls };
}

it('writes the centroid of the texts beside the adapter, which still imports', async () => {
  const { code, out, calls } = await run('a\n\nbb\r\n'.repeat(20));
  expect([code, calls]).toEqual([0, 2]);
  expect(out).toContain('centroid of 40 texts, floor 0.9');
  const { centroid } = importAdapter(await fromDirectory(folder), base).brick;
  expect(Math.hypot(...(centroid?.vector ?? []))).toBeCloseTo(1, 6);
  expect(centroid?.vector[0]).toBeGreaterThan(centroid?.vector[1] ?? 1);
});

it('refuses a file without texts and a directory without an adapter', async () => {
  expect(await run('\n\n')).toMatchObject({ code: 1, calls: 0 });
  expect(await run('a', join(folder, 'none'))).toMatchObject({ code: 1, calls: 0 });
  await expect(readFile(join(folder, 'routing.safetensors'))).rejects.toMatchObject({ code: 'ENOENT' });
});
