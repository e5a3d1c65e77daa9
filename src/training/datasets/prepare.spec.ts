import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Example } from './example.js';
import { prepareDataset, type PrepareOptions } from './prepare.js';

let root: string;
let made = 0;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'tessera-prepare-'))));
afterEach(() => rm(root, { recursive: true }));

async function* bytesOf(text: string | readonly object[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(typeof text === 'string' ? text : text.map((row) => JSON.stringify(row)).join('\n'));
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

async function prepare(
  text: string | readonly object[],
  options: Partial<PrepareOptions> = {},
  format: 'jsonl' | 'csv' = 'jsonl',
) {
  const directory = await mkdtemp(join(root, `${made++}-`));
  const card = await prepareDataset(bytesOf(text), format, { directory, task: 'sequence_classification', ...options });
  const read = async (split: 'train' | 'validation' | 'test') => {
    const lines = (await readFile(card.splits[split].file, 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Example);
  };
  return {
    card,
    directory,
    train: await read('train'),
    validation: await read('validation'),
    test: await read('test'),
  };
}

/** Sentences that are not alike. */
const sentence = (at: number) =>
  `${(at * 7919).toString(36)} says ${(at * 104_729).toString(36)} of ${(at * 611_953).toString(36)}`;
const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ text: sentence(at + 1), label: at % 4 === 0 ? 'rare' : 'common' }));

describe('prepareDataset', () => {
  it('splits by label, loses no row, and says so in the card it writes', async () => {
    const { card, directory, train, validation, test } = await prepare(rows(200));
    expect([train.length, validation.length, test.length]).toEqual([160, 20, 20]);
    expect(new Set([...train, ...validation, ...test].map(({ text }) => text)).size).toBe(200);
    expect(card.labels.map(({ label, train: n, validation: v, test: t }) => [label, n, v, t])).toEqual([
      ['common', 120, 15, 15],
      ['rare', 40, 5, 5],
    ]);
    expect(card).toMatchObject({ unusable: [], imbalance: 3, rows: { read: 200, kept: 200, faulty: 0 } });
    expect(JSON.parse(await readFile(join(directory, 'card.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(card)));
    expect((await readdir(directory)).sort()).toEqual(['card.json', 'test.jsonl', 'train.jsonl', 'validation.jsonl']);
  });

  it('gives equal bytes for equal input and seed, and other splits for another seed', async () => {
    const [a, b, c] = [await prepare(rows(100)), await prepare(rows(100)), await prepare(rows(100), { seed: 1 })];
    expect(a.card.digest).toBe(b.card.digest);
    expect(a.test).not.toEqual(c.test);
  });

  it('does not depend on the order of the rows, and hardly on further rows', async () => {
    const texts = (of: Example[]) => new Set(of.map(({ text }) => text));
    const first = await prepare(rows(300));
    const turned = await prepare(rows(300).reverse());
    expect(texts(turned.test)).toEqual(texts(first.test));
    const grown = texts((await prepare(rows(330))).train);
    expect(first.test.filter(({ text }) => grown.has(text)).length).toBeLessThanOrEqual(6);
  });

  it('never trains on rows that an earlier state held out', async () => {
    const first = await prepare(rows(300));
    const pinned = [{ name: 'earlier', source: bytesOf(first.test), format: 'jsonl' as const, split: 'test' as const }];
    const grown = await prepare(rows(400), { pinned });
    const held = new Set(grown.test.map(({ text }) => text));
    expect(first.test.every(({ text }) => held.has(text))).toBe(true);
    expect(grown.card.rows.kept).toBe(400);
    expect(grown.test.length).toBe(40);
  });

  it('removes equal texts whatever their case and spaces, and near ones with the same label', async () => {
    const long = 'the quick brown fox jumps over the lazy dog near the old river bank';
    const { card, train, validation, test } = await prepare([
      ...rows(50),
      { text: long, label: 'common' },
      { text: ` ${long.toUpperCase()}  `, label: 'common' },
      { text: `${long}!`, label: 'common' },
      { text: `${long}?`, label: 'rare' },
    ]);
    expect(card.rows).toMatchObject({
      duplicates: 1,
      nearDuplicates: 1,
      nearDiffering: 1,
      kept: 52,
      largestCluster: 3,
    });
    const places = [train, validation, test].map((of) => of.filter(({ text }) => text.startsWith('the quick')).length);
    expect(places.filter((n) => n > 0)).toEqual([2]);
  });

  it('keeps texts that are alike in one split, also through a chain', async () => {
    const base = Array.from({ length: 400 }, (_, at) => sentence(at + 1));
    const alike = base.flatMap((text, at) =>
      ['', '.', '..'].map((end) => ({ text: `${text} ${text}${end}`, label: `${at % 2}${end}` })),
    );
    const { train, validation, test } = await prepare(alike);
    const stems = (of: Example[]) => new Set(of.map(({ text }) => text.replace(/\.+$/, '')));
    const [a, b, c] = [stems(train), stems(validation), stems(test)];
    expect(a.size + b.size + c.size).toBe(400);
    expect([b.size > 20, c.size > 20]).toEqual([true, true]);
  });

  it('settles labels that differ by majority and drops ties', async () => {
    const { card } = await prepare([
      ...rows(40),
      ...['rare', 'rare', 'common'].map((label) => ({ text: 'voted upon', label })),
      ...['rare', 'common'].map((label) => ({ text: 'tied', label })),
    ]);
    expect(card.conflicts).toEqual({ texts: 2, settled: 1, dropped: 1 });
    expect(card.rows).toMatchObject({ read: 45, duplicates: 1, outvoted: 3, kept: 41 });
  });

  it('counts every fault, keeps the first hundred and the sound rows', async () => {
    const bad = Array.from({ length: 150 }, () => '{"text": ""}').join('\n');
    const good = rows(2000).map((row) => JSON.stringify(row)).join('\n'); // prettier-ignore
    const { card } = await prepare(`${bad}\n${good}`);
    expect(card.faults.counts).toEqual({ missing_field: 150, empty_text: 150 });
    expect(card.faults.first.length).toBe(100);
    expect(card.faults.first[3]).toMatchObject({ source: 'data', line: 2, column: 10, kind: 'empty_text' });
    expect(card).toMatchObject({ rows: { read: 2150, faulty: 150, kept: 2000 }, unusable: [] });
  });

  it.each<[string, string | object[], RegExp]>([
    ['an empty file', '', /got an empty file/],
    ['only faults', 'x\ny\n', /got 2 of 2/],
    ['one label', rows(20).map(({ text }) => ({ text, label: 'x' })), /at least 2 in the train split, got 1/],
  ])('says why %s cannot be trained on', async (_what, text, reason) => {
    expect((await prepare(text)).card.unusable.join()).toMatch(reason);
  });

  it('refuses a CSV file without a column it needs, and leaves nothing behind', async () => {
    const directory = await mkdtemp(join(root, 'x-'));
    const options = { directory, task: 'sequence_classification' } as const;
    const attempt = prepareDataset(bytesOf('id,tweet\n1,a\n'), 'csv', options);
    await expect(attempt).rejects.toThrow('data: expected a column for label (such as label, category, intent, class), got id, tweet'); // prettier-ignore
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves nothing behind when it is cancelled or the source breaks', async () => {
    const directory = await mkdtemp(join(root, 'x-'));
    const options = { directory, task: 'sequence_classification' } as const;
    const signal = AbortSignal.abort();
    await expect(prepareDataset(bytesOf(rows(9)), 'jsonl', { ...options, signal })).rejects.toThrow('cancelled');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"text":"a"');
      throw new Error('disk');
    }
    await expect(prepareDataset(broken(), 'jsonl', options)).rejects.toThrow('disk');
    await expect(prepareDataset(bytesOf(rows(9)), 'jsonl', { ...options, maxRows: 5 })).rejects.toThrow(
      'at most 5 rows',
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('reads CSV with names given for columns, groups and a quoted line break', async () => {
    const text = rows(40).map((row, at) => `"${row.text}\nx",${row.label},g${at % 2}`).join('\n'); // prettier-ignore
    const { card, train } = await prepare(
      `tweet,mood,airline\n${text}`,
      { columns: { label: 'mood', group: 'airline' } },
      'csv',
    );
    expect(card.sources[0]).toMatchObject({ columns: { text: 'tweet', label: 'mood', group: 'airline' }, ignored: [] });
    expect(card.groups).toEqual([{ group: 'g0', rows: 20 }, { group: 'g1', rows: 20 }]); // prettier-ignore
    expect(train[0]).toMatchObject({ text: `${sentence(2)}\nx`, group: 'g1' });
  });

  it('takes the mean of values of one text, and needs no labels for texts alone', async () => {
    const valued = rows(20).map(({ text }, at) => ({ text, value: at }));
    const regression = await prepare([...valued, { text: valued[0]!.text, value: 3 }], { problem: 'regression' });
    const all = [...regression.train, ...regression.validation, ...regression.test];
    expect(all.find(({ text }) => text === valued[0]!.text)?.value).toBe(1.5);
    const { card } = await prepare(rows(20), { task: 'masked_lm' });
    expect(card).toMatchObject({ labels: [], unusable: [], splits: { train: { rows: 16 } } });
  });
});
