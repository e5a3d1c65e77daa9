import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loraAdapter } from '../../../test/support/peft-adapter.js';
import { mergeAdapters, type MergeStep } from '../../composition/merge/merge.js';
import type { FitPart, FitSpec } from '../../training/fits/fit-spec.js';
import type { FitWatch } from '../../training/fits/learn-gains.js';
import type { MergeFit } from '../../training/fits/merge-options.js';
import type { FitContext } from './fit.js';
import { merge } from './merge.js';

const [A, B] = [loraAdapter(), loraAdapter({ lora_alpha: 2 })];
let root: string;
let members: FitPart[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-merge-fit-'));
  members = [];
  for (const [name, adapter] of Object.entries({ a: A, b: B })) {
    const files = join(root, name);
    await mkdir(files);
    for (const [file, bytes] of adapter) await writeFile(join(files, file), bytes);
    members.push({ name, files });
  }
});
afterAll(() => rm(root, { recursive: true }));

const fitted = (fit: Omit<MergeFit, 'name'>, watch: FitWatch = {}) =>
  merge({ name: 'merge', ...fit }, {
    spec: { members } as unknown as FitSpec,
    watch,
  } as FitContext);

it('is what the members merge to, module by module', async () => {
  const steps: MergeStep[] = [];
  const fit = { mergeType: 'svd' as const, rank: 2, weights: [1, -0.5], head: 'b' };
  const { files, metrics, summary } = await fitted(fit, { onMerged: (step) => steps.push(step) });
  const parts = [A, B].map((adapter, at) => ({ files: adapter, weight: fit.weights[at]! }));
  const direct = mergeAdapters(parts, { kind: 'svd', rank: 2, head: 1 });
  expect(files).toEqual(direct.files);
  expect(metrics).toEqual({ rank: 2, error: direct.error });
  expect(summary).toMatch(/^svd of 2, rank 2, [\d.]+ % from the weighted sum$/);
  expect(steps.map(({ step, totalSteps }) => [step, totalSteps])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  for (const { error } of steps) expect(error).toBeGreaterThan(0);
});

it('leaves heads out when told to, and names what it cannot merge', async () => {
  const { files } = await fitted({ mergeType: 'cat', head: 'base' });
  expect(files).toEqual(mergeAdapters([A, B].map((one) => ({ files: one, weight: 1 })), { kind: 'cat', head: 'none' }).files); // prettier-ignore
  await expect(fitted({ mergeType: 'cat', head: 'c' })).rejects.toThrow('objective.head: expected base, or a member');
  await expect(fitted({ mergeType: 'cat' })).rejects.toThrow('objective.head: expected the place of a member');
});

it('stops between two modules', async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  const onMerged = ({ step }: MergeStep): void => {
    seen.push(step);
    stop.abort();
  };
  await expect(fitted({ mergeType: 'cat', head: 'a' }, { onMerged, signal: stop.signal })).rejects.toThrow('stopped');
  expect(seen).toEqual([1]);
});
