import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBrick, type BrickKind } from '../../../test/support/random-brick.js';
import { temporaryExecutor, type TemporaryExecutor } from '../../../test/support/temporary-executor.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import { importAdapter } from '../../adapters/import.js';
import { packBrick } from '../../adapters/packed.js';
import type { BaseModel } from '../../models/base-model.js';
import type { FitSpec } from '../../training/fits/fit-spec.js';
import { adapterFusion } from './adapter-fusion.js';

const OPTIONS = { name: 'adapter_fusion' as const, members: ['a', 'b'], steps: 2 };
const LABELS = { labels: ['red', 'green', 'blue'], problem: 'single' } as const;
const EXAMPLES = LABELS.labels.map((label) => ({ text: `the rain ${label}`, label }));

let folder: string;
let base: BaseModel;
let engine: TemporaryExecutor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fusion-'));
  base = await loadTinyModel({ modelType: 'bert', task: 'sequence' });
  engine = await temporaryExecutor();
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

async function run(
  head?: string,
  more: Partial<FitSpec> = {},
  { kind = 'bottleneck_output', examples = EXAMPLES }: { kind?: BrickKind; examples?: readonly object[] } = {},
) {
  const members = await Promise.all(
    ['a', 'b'].map(async (name, at) => {
      const packed = join(folder, `${name}-${kind}`);
      await writeFile(packed, packBrick(randomBrick(kind, base.sites, { seed: at + 1 })));
      return { name, packed, labels: LABELS };
    }),
  );
  const spec = {
    ...{ fit: OPTIONS, base: '', task: 'sequence_classification', members, seed: 1, threads: 1 },
    ...more,
  } as unknown as FitSpec;
  const runtime = () => {
    throw new Error('runtime: expected no use of it');
  };
  const context = { spec, base, examples: examples as typeof EXAMPLES, executor: engine.executor, runtime, watch: {} };
  return adapterFusion({ ...OPTIONS, ...(head !== undefined && { head }) }, context);
}

describe('a job that fits a fusion', () => {
  it('makes a router with a new head for the labels of its rows, as its card has them', async () => {
    const { files, fusion, labels, metrics, kind } = await run();
    expect([kind, fusion]).toEqual(['adapter', { members: ['a', 'b'] }]);
    expect(labels).toEqual({ labels: ['blue', 'green', 'red'], problem: 'single' });
    expect(metrics['train_loss']).toBeGreaterThan(0);
    const imported = importAdapter(files, base);
    expect([imported.brick.experts, imported.labels, imported.task]).toEqual([2, labels, 'sequence_classification']);
  });

  it('answers several labels, or what the job names', async () => {
    const many = { problem: 'multi', labels: ['blue', 'green', 'red', 'white'] } as const;
    const examples = EXAMPLES.map(({ text, label }) => ({ text, labels: [label] }));
    const { files } = await run(undefined, many, { examples });
    expect(importAdapter(files, base).labels).toEqual({ labels: many.labels, problem: 'multi' });
  });

  it('keeps the head of a member or the base, and says whose it is', async () => {
    const { files, fusion, labels } = await run('b');
    expect(fusion).toEqual({ members: ['a', 'b'], head: { member: 'b' } });
    expect(labels).toEqual(LABELS);
    expect([...files.keys()].some((name) => name.includes('head'))).toBe(false);
    expect(importAdapter(files, base).brick.head).toBeUndefined();
    expect((await run('base')).fusion).toEqual({ members: ['a', 'b'], head: 'base' });
  });

  it('is refused for a head without the labels, another task, and what is no bottleneck', async () => {
    const examples = [{ text: 'the rain', label: 'purple' }];
    await expect(run('base', {}, { examples })).rejects.toThrow('expected one that knows the rows');
    await expect(run(undefined, { task: 'embedding' })).rejects.toThrow('expected a classification, got embedding');
    await expect(run(undefined, {}, { kind: 'lora' })).rejects.toThrow('expected bottlenecks, whose outputs');
  });
});
