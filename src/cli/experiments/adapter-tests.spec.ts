import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleDirectory } from '../../../test/support/adapter-form.js';
import { writeExperimentData } from '../../../test/support/experiment-data.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { ApiClient } from '../api-client.js';
import { classifyTest, countRight, INPUTS, readAdapterTests } from './adapter-tests.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tessera-adapter-tests-'));
  await writeExperimentData(join(home, 'data'));
});
afterEach(() => rm(home, { recursive: true }));

const card = { labels: ['negative', 'positive'], max_length: 64, test_accuracy: 0.9, test_rows: 10 };

async function writeCard(name: string, more: object = {}): Promise<void> {
  await mkdir(join(home, 'adapters', name), { recursive: true });
  await writeFile(join(home, 'adapters', name, 'card.json'), JSON.stringify({ name, ...card, ...more }));
}
const read = () => readAdapterTests(join(home, 'adapters'), join(home, 'data'));

describe('readAdapterTests', () => {
  it('gives each adapter, by name, the test set that its card speaks of', async () => {
    await writeCard('sst2-r8');
    await writeCard('clinc-banking', { labels: ['balance', 'transfer'], test_rows: 20 });
    await writeFile(join(home, 'adapters', 'NOTICE.md'), 'no adapter');
    const tests = await read();
    expect(tests.map((test) => [test.card.name, test.examples.length])).toEqual([
      ['clinc-banking', 20],
      ['sst2-r8', 10],
    ]);
    expect(new Set(tests[0]?.examples.map(({ label }) => label))).toEqual(new Set(['balance', 'transfer']));
  });

  it('refuses a card of an unknown test set, and one of another size', async () => {
    await writeCard('imdb');
    await expect(read()).rejects.toThrow('card.json: name: expected one with a known test set, got imdb');
    await rm(join(home, 'adapters', 'imdb'), { recursive: true });
    await writeCard('sst2-r8', { test_rows: 11 });
    await expect(read()).rejects.toThrow('sst2-r8: expected 11 test rows as its card says, got 10');
  });
});

describe('classifyTest', () => {
  it('imports the files and asks all texts, in order and some at a time', async () => {
    const directory = join(home, 'adapters', 'bank');
    await cp(exampleDirectory('clinc-banking'), directory, { recursive: true });
    const asked: string[] = [];
    let imported: unknown[] = [];
    const fetcher = async (url: string, { body }: RequestInit): Promise<Response> => {
      if (url.endsWith('/v1/adapters')) {
        imported = [(body as FormData).get('name'), (body as FormData).getAll('files').length > 1];
        return Response.json({});
      }
      const { model, input, top_k } = JSON.parse(body as string) as { model: string; input: string[]; top_k: number };
      expect([model, top_k, input.length <= INPUTS]).toEqual(['bank', 1, true]);
      asked.push(...input);
      return Response.json({ data: input.map((text) => ({ label: text })) });
    };
    const surroundings = { out: () => undefined, error: () => undefined, env: {}, fetch: fetcher as typeof fetch };
    const client = await ApiClient.open({ key: 'k' }, surroundings, 'x.key');
    const tokenizer = { encode: () => ({ ids: [1] }) } as unknown as Tokenizer;
    const examples = Array.from({ length: INPUTS + 2 }, (_, at) => ({ text: `t${at}`, label: `t${at % 3}` }));
    const test = { directory, card: { ...card, name: 'bank' }, examples };
    const labels = await classifyTest(client, tokenizer, test);
    expect(imported).toEqual(['bank', true]);
    expect([labels, asked]).toEqual([examples.map(({ text }) => text), examples.map(({ text }) => text)]);
    expect(countRight(test, labels)).toBe(3);
    expect(countRight(test, [])).toBe(0);
  });
});
