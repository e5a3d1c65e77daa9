import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { json, loraAdapter } from '../../test/support/peft-adapter.js';
import type { AdapterFiles } from '../adapters/files.js';
import { importPacked } from '../adapters/import-packed.js';
import { unpackBrick } from '../adapters/packed.js';
import { BaseAdapterCompiler, versionDetails } from './base-adapter-compiler.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'compiler-'))));
afterEach(() => rm(directory, { recursive: true }));

async function compile(files: AdapterFiles) {
  for (const [name, bytes] of files) await writeFile(join(directory, name), bytes);
  const { sites } = adapterBase();
  const notAsked = () => Promise.reject(new Error('not asked'));
  const importOne = (from: string) => importPacked(from, adapterBase());
  const importer = { import: importOne, arrowGates: notAsked, cutSquad: notAsked };
  return new BaseAdapterCompiler({ digest: 'sha256:abcd', weights: new Map(), sites }, importer).compile(directory);
}

describe('BaseAdapterCompiler', () => {
  it('packs the brick and tells what serving needs to know of it', async () => {
    const { summary, packed, digest } = await compile(loraAdapter());
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(summary).toMatchObject({ method: 'lora', task: 'sequence_classification', labels: ['LABEL_0', 'LABEL_1'] });
    expect(versionDetails.parse(summary.details)).toEqual({ problem: 'single', head: 'sequence', virtual_tokens: 0 });
    expect(unpackBrick(packed).lowRank.query?.pages).toBe(1);
  });

  it('takes labels and problem from the card, which makes another version', async () => {
    const plain = await compile(loraAdapter());
    const card = json({ labels: ['no', 'yes'], problem: 'multi' });
    const { summary, digest } = await compile(new Map([...loraAdapter(), ['card.json', card]]));
    expect([summary.labels, summary.details['problem']]).toEqual([['no', 'yes'], 'multi']);
    expect(digest).not.toBe(plain.digest);
  });

  it('refuses what cannot be served exactly', async () => {
    await expect(compile(loraAdapter({ use_qalora: true }))).rejects.toMatchObject({ status: 422 });
  });
});
