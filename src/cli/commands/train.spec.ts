import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../run-command.js';
import { trainCommand } from './train.js';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'tessera-train-'))));
afterEach(() => rm(directory, { recursive: true }));

it('uploads the file of each task, and leaves ids as they are', async () => {
  const path = join(directory, 'mood.jsonl');
  await writeFile(path, '{"text":"a","label":"b"}\n');
  const known = `file-${'0'.repeat(32)}`;
  const objective = {
    name: 'mod_squad',
    tasks: [
      { name: 'topic', training_file: known },
      { name: 'mood', training_file: path, weight: 2 },
    ],
  };
  const asked: [string, unknown][] = [];
  let out = '';
  const words = ['train', '--objective', JSON.stringify(objective), '--adapter', 'mod_squad', '--detach'];
  const code = await runCommand(words, [trainCommand], {
    out: (text) => void (out += text),
    error: () => undefined,
    env: { TESSERA_KEY: 'k', TESSERA_URL: 'http://service' },
    fetch: (async (url: string, { body }: RequestInit) => {
      const path = url.replace('http://service', '');
      if (path === '/v1/files') await new Response(body).arrayBuffer();
      asked.push([path, typeof body === 'string' ? JSON.parse(body) : undefined]);
      return Response.json({ id: path === '/v1/files' ? 'file-made' : 'ftjob-1' });
    }) as typeof fetch,
  });
  expect([code, out]).toEqual([0, 'ftjob-1\n']);
  expect(asked.map(([path]) => path)).toEqual(['/v1/files', '/v1/fine_tuning/jobs']);
  expect(asked[1]?.[1]).toMatchObject({
    adapter: { method: 'mod_squad' },
    objective: {
      name: 'mod_squad',
      tasks: [
        { name: 'topic', training_file: known },
        { name: 'mood', training_file: 'file-made', weight: 2 },
      ],
    },
  });
  expect(asked[1]?.[1]).not.toHaveProperty('training_file');
});
