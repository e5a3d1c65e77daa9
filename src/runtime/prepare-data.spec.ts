import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTinyModel } from '../../test/support/tiny-model.js';
import { FROZEN, prepareData } from './prepare-data.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'prepare-data-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert' });
});
afterAll(() => rm(home, { recursive: true }));

const word = (at: number): string => (at * 2_654_435_761).toString(36);
const rowsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const at = from + i;
    return { text: `${word(at)} ${word(at + 7000)} ${word(at + 9000)}`, mood: at % 2 ? 'odd' : 'even' };
  });

/** @returns texts by part */
async function prepared(name: string, rows: readonly object[], frozen: readonly string[] = []) {
  const directory = join(home, name);
  await mkdir(directory);
  const path = join(home, `${name}-source.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const options = { directory, task: 'sequence_classification', columns: { label: 'mood' } } as const;
  const request = { base: join(home, 'base'), source: { path, format: 'jsonl' }, frozen, options } as const;
  const card = await prepareData(request, new AbortController().signal);
  const read = async (part: string) => {
    const lines = (await readFile(join(directory, `${part}.jsonl`), 'utf8')).trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { text: string }).text);
  };
  const [train, validation, test] = await Promise.all(['train', 'validation', 'test'].map(read));
  return { card, train: train!, validation: validation!, test: test!, testFile: join(directory, 'test.jsonl') };
}

it('keeps the test rows of earlier states of the data, whatever is added, and also when they are left out', async () => {
  const first = await prepared('first', rowsOf(0, 60));
  expect(first.test.length).toBeGreaterThan(4);
  const grown = await prepared('grown', rowsOf(0, 200), [first.testFile]);
  const replaced = await prepared('replaced', rowsOf(300, 400), [first.testFile, grown.testFile]);
  expect(grown.test).toEqual(expect.arrayContaining(first.test));
  expect(replaced.test).toEqual(expect.arrayContaining([...first.test, ...grown.test]));
  for (const later of [grown, replaced]) {
    const learned = new Set([...later.train, ...later.validation]);
    expect(first.test.filter((text) => learned.has(text))).toEqual([]);
  }
  expect(grown.card.sources.map(({ name }) => name)).toEqual([FROZEN, 'data']);
  expect(grown.test.length).toBeLessThan(30); // what is held out already counts for the share
});
