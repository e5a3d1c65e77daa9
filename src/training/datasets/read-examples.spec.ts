import { describe, expect, it } from 'vitest';
import { FaultLog } from './fault.js';
import { rulesOf } from './prepare.js';
import { readExamples, type ReadOptions } from './read-examples.js';

async function read(text: string, options: Partial<ReadOptions> = {}) {
  const faults = new FaultLog();
  const rules = rulesOf({ task: 'sequence_classification' });
  const bytes = (async function* () {
    for (let at = 0; at < text.length; at += 7) yield Buffer.from(text.slice(at, at + 7));
  })();
  const rows = [];
  for await (const row of readExamples(bytes, { format: 'jsonl', rules, ...options }, faults)) rows.push(row);
  return { rows, faults };
}

describe('readExamples', () => {
  it('gives every row in order, undefined for one with an error, and equal rows twice', async () => {
    const text = '{"text":"a","label":"x"}\nnonsense\n{"text":"b"}\n\n{"text":"a","label":"x"}\n{"text":';
    const { rows, faults } = await read(text);
    const row = { text: 'a', label: 'x' };
    expect(rows).toEqual([row, undefined, undefined, row, undefined]);
    expect(faults.first.map(({ line, kind }) => [line, kind])).toEqual([
      [2, 'invalid_json'],
      [3, 'missing_field'],
      [6, 'invalid_json'],
    ]);
  });

  it('reads CSV by the names that are given for its columns', async () => {
    const { rows } = await read('Frage,Absicht,group\n"was, bitte?",klage,nord\n', {
      format: 'csv',
      columns: { text: 'Frage', label: 'Absicht' },
    });
    expect(rows).toEqual([{ text: 'was, bitte?', label: 'klage', group: 'nord' }]);
  });
});
