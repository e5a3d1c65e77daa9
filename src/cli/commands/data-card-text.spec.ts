import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataCard } from '../../training/datasets/data-card.js';
import { prepareDataset, type PrepareOptions } from '../../training/datasets/prepare.js';
import { renderCard } from './data-card-text.js';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'tessera-card-text-'))));
afterEach(() => rm(directory, { recursive: true }));

/** The card of rows, as it comes from preparing them. */
async function cardOf(rows: readonly (object | string)[], more: Partial<PrepareOptions> = {}): Promise<DataCard> {
  const text = rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
  const chunks = Readable.from([Buffer.from(text)]);
  return prepareDataset(chunks, 'jsonl', { directory, task: 'sequence_classification', ...more });
}

const word = (at: number): string => (at * 104_729 + 1).toString(36);
const rows = (count: number, labelOf: (at: number) => string): object[] =>
  Array.from({ length: count }, (_, at) => ({ text: `${word(at)} ${word(3 * at + 7)}`, label: labelOf(at) }));

describe('renderCard', () => {
  it('shows what was read, why rows went, and shares of the splits', async () => {
    const all = rows(100, (at) => (at % 4 ? 'common' : 'rare'));
    const text = renderCard(await cardOf([...all, all[0]!, all[0]!, { ...all[1]!, label: 'rare' }]));
    const lines = text.split('\n');
    expect(lines[0]).toBe('sequence_classification, single');
    expect(lines[1]).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(lines[2]).toMatch(/: jsonl, \d+ bytes; label, text$/);
    for (const part of [
      /read +103\n/,
      /duplicates +-2\n/,
      /label lost the vote or tied +-2\n/,
      /kept +99\n/,
      /1 texts had several labels, 0 settled/,
    ]) {
      expect(text).toMatch(part);
    }
    expect(text).toMatch(/train +\d+ +\d\d\.\d %\n +validation +\d+ +\d+\.\d %\n +test +\d+ +\d+\.\d %/);
    expect(text.endsWith('\n')).toBe(true);
  });

  it('puts the commonest label first, with bars in proportion, and the imbalance above', async () => {
    const text = renderCard(await cardOf(rows(100, (at) => (at % 4 ? 'common' : 'rare'))));
    expect(text).toMatch(/2 labels, largest \d\.\d times the smallest\n/);
    const bars = /common .* (█+)\n.*rare .* (█+)\n/.exec(text) ?? [];
    expect([bars[1]?.length, bars[2]?.length]).toEqual([24, 8]);
  });

  it('shows thirty labels and counts the others', async () => {
    const text = renderCard(await cardOf(rows(400, (at) => `label ${at % 40}`)));
    expect(text.match(/^ {2}label \d+ /gm)).toHaveLength(30);
    expect(text).toContain('\n  and 10 more\n');
  });

  it('gives each fault its place, and says what is left out', async () => {
    const bad = Array.from({ length: 120 }, () => '{"text":"x"');
    const text = renderCard(await cardOf([...rows(20, (at) => `l${at % 2}`), ...bad]));
    expect(text).toMatch(/\nfaults\n +invalid_json +120\n/);
    expect(text).toMatch(/\n {2}21:\d+ invalid_json: /);
    expect(text).toContain('\n  and 20 more\n');
    expect(text).toMatch(/\ncannot be trained on\n {2}rows: expected at most 10 % with an error/);
  });

  it('names the file of a fault when there are several', async () => {
    const { faults, sources, ...card } = await cardOf([...rows(20, (at) => `l${at % 2}`), '{']);
    const first = faults.first.map((fault) => ({ ...fault, source: 'other.jsonl' }));
    const text = renderCard({ ...card, sources: [...sources, ...sources], faults: { ...faults, first } });
    expect(text).toContain('\n  other.jsonl:21:');
  });

  it('has no labels to show of texts alone, and hints at columns that were not read', async () => {
    const texts = Array.from({ length: 30 }, (_, at) => ({ text: `${word(at)} ${word(at + 9)}`, mood: 'x' }));
    const text = renderCard(await cardOf(texts, { task: 'masked_lm' }));
    expect(text).toMatch(/^masked_lm\n/);
    expect(text).toMatch(/ {2}not read: mood\n {2}no column was known for a label.*--columns label=NAME\n/);
    expect(text).not.toContain('labels');
  });

  it('shows an empty data set without shares', async () => {
    expect(renderCard(await cardOf([]))).toMatch(/train +0\n +validation +0\n +test +0\n/);
  });
});
