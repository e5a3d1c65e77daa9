import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../run-command.js';
import { dataCommand } from './data.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'tessera-data-command-'))));
afterEach(() => rm(root, { recursive: true }));

async function data(name: string, text: string, ...words: string[]) {
  const file = join(root, name);
  await writeFile(file, text);
  let [out, error] = ['', ''];
  const code = await runCommand(['data', file, ...words], [dataCommand], {
    out: (part) => void (out += part),
    error: (part) => void (error += part),
    env: {},
    fetch,
  });
  return { code, out, error };
}

const rows = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => `${(at * 7919 + 1).toString(36)} and ${(at * 104_729 + 1).toString(36)},${at % 2 ? 'yes' : 'no'}`,
  );

describe('tessera data', () => {
  it('prints the card of a file and returns 0', async () => {
    const { code, out } = await data('a.csv', `text,label\n${rows(100).join('\n')}\n`);
    expect(code).toBe(0);
    for (const part of ['sequence_classification, single', /kept +100/, /train +80 +80\.0 %/, /no +50 +40 +5 +5/]) {
      expect(out).toMatch(part);
    }
  });

  it('lists faults by line and column, and returns 1 when too many rows have one', async () => {
    const { code, out } = await data('a.csv', `text,label\n${rows(10).join('\n')}\n ,yes\n"open,no\n`);
    expect(code).toBe(1);
    expect(out).toMatch(/12:1 empty_text: text: expected text, got only white space/);
    expect(out).toMatch(/13:1 invalid_csv/);
    expect(out).toMatch(/cannot be trained on\n {2}rows: expected at most 10 % with an error, got 2 of 12/);
  });

  it('takes columns by name, writes the splits where asked, and prints JSON', async () => {
    const text = `tweet,mood\n${rows(50).join('\n')}\n`;
    const out = join(root, 'out');
    const answer = await data('a.csv', text, '--columns', 'text=tweet,label=mood', '--out', out, '--json');
    expect(JSON.parse(answer.out)).toMatchObject({ rows: { kept: 50 }, sources: [{ columns: { text: 'tweet', label: 'mood' } }] }); // prettier-ignore
    expect((await readdir(out)).sort()).toEqual(['card.json', 'test.jsonl', 'train.jsonl', 'validation.jsonl']);
  });

  it('says how to name a label when it knows no column for one', async () => {
    const { out } = await data('a.csv', `text,mood\n${rows(50).join('\n')}\n`);
    expect(out).toMatch(/masked_lm\n.*\n.*\n {2}not read: mood\n.*--columns label=NAME/);
  });

  it('reads a file with tabs and without a header', async () => {
    const text = rows(50).join('\n').replaceAll(',', '\t');
    expect((await data('a.tsv', text, '--header', 'text,label')).code).toBe(0);
  });

  it.each([
    [['--task', 'dance'], '--task: expected one of'],
    [['--columns', 'mood'], '--columns: expected FIELD=NAME'],
    [['--delimiter', '|'], '--delimiter: expected one of tab, comma, semicolon'],
    [['--seed', '-1'], "'--seed"],
  ])('refuses %j', async (words, message) => {
    const { code, error } = await data('a.csv', 'text,label\na,b\n', ...words);
    expect(code).toBeGreaterThan(0);
    expect(error).toContain(message);
  });

  it('names a file that is not there', async () => {
    const error = await runCommand(['data', join(root, 'none.csv')], [dataCommand], {
      out: () => undefined,
      error: (text) => expect(text).toContain('expected a file that can be read'),
      env: {},
      fetch,
    });
    expect(error).toBe(1);
  });
});
