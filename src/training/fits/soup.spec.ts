import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loraAdapter } from '../../../test/support/peft-adapter.js';
import { temporaryExecutor, type TemporaryExecutor } from '../../../test/support/temporary-executor.js';
import { closeHosts, distance, tinyHost } from '../../../test/support/tiny-host.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import { importAdapter } from '../../adapters/import.js';
import type { BaseModel } from '../../models/base-model.js';
import { fitSoup, type SoupFit } from './soup.js';

const LABELS = ['red', 'green', 'blue'];
const EXAMPLES = Array.from({ length: 12 }, (_, at) => ({
  text: ['the rain and the market', 'a b c 1 2', 'raining'][at % 3]!,
  label: LABELS[at % 3]!,
}));
let base: BaseModel;
let engine: TemporaryExecutor;
let fit: SoupFit;
beforeAll(async () => {
  base = await loadTinyModel({ modelType: 'bert', task: 'sequence' });
  engine = await temporaryExecutor();
  const members = [1, 2].map((turn) => ({
    name: `m${turn}`,
    files: loraAdapter({ lora_alpha: 8 * turn }, (tensors) => {
      for (const [name, { data }] of Object.entries(tensors)) if (turn === 2 && name.includes('lora')) data.reverse();
    }),
  }));
  const { labels } = importAdapter(members[0]!.files, base);
  const known = labels!.labels;
  const examples = EXAMPLES.map(({ text, label }) => ({ text, label: known[LABELS.indexOf(label) % known.length]! }));
  fit = {
    base,
    members,
    head: 'm1',
    task: 'sequence_classification',
    labels: labels!,
    examples,
    steps: 40,
    learningRate: 0.05,
  };
});
afterAll(async () => {
  await engine.close();
  await closeHosts();
});

describe('a soup of LoRA adapters', () => {
  it('learns an α for each member and layer, and its files answer as they say', async () => {
    const losses: number[] = [];
    const soup = await fitSoup(fit, engine.executor, { onStep: ({ loss }) => losses.push(loss) });
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const layers = Object.values(soup.weights);
    expect(layers.every((weights) => weights.length === 2 && weights.every(Number.isFinite))).toBe(true);
    expect(layers.some(([one]) => Math.abs(one! - 0.5) > 0.05)).toBe(true);
    expect(soup.error).toBe(0);
    const again = await fitSoup(fit, engine.executor);
    expect(again.weights).toEqual(soup.weights);

    const host = await tinyHost(base);
    await host.load('soup', importAdapter(soup.files, base).brick);
    const { ids, typeIds } = base.tokenizer.encode(EXAMPLES[0]!.text, { maxTokens: 30 });
    const row = { inputIds: ids, tokenTypeIds: typeIds, heads: ['soup'], task: { kind: 'sequence' } } as const;
    const [served, bare] = (
      await host.run([
        { ...row, bricks: [{ id: 'soup', weight: 1 }] },
        { ...row, bricks: [] },
      ])
    ).rows;
    expect(distance(served!.data, bare!.data)).toBeGreaterThan(1e-4);
  });

  it('of equal weights is the mean of its members, served', async () => {
    const soup = await fitSoup({ ...fit, steps: 1, learningRate: 1e-9 }, engine.executor);
    const host = await tinyHost(base);
    await host.load('soup', importAdapter(soup.files, base).brick);
    for (const { name, files } of fit.members) await host.load(name, importAdapter(files, base).brick);
    const { ids, typeIds } = base.tokenizer.encode(EXAMPLES[1]!.text, { maxTokens: 30 });
    const row = { inputIds: ids, tokenTypeIds: typeIds, heads: ['m1'], task: { kind: 'sequence' } } as const;
    const [merged, summed] = (
      await host.run([
        { ...row, bricks: [{ id: 'soup', weight: 1 }] },
        { ...row, bricks: fit.members.map(({ name }) => ({ id: name, weight: 0.5 })) },
      ])
    ).rows;
    expect(distance(merged!.data, summed!.data)).toBeLessThan(2e-5);
  });

  it('needs members, a head that one of them has, and no other method', async () => {
    await expect(fitSoup({ ...fit, members: [] }, engine.executor)).rejects.toThrow('members: expected at least one');
    await expect(fitSoup({ ...fit, head: 'm9' }, engine.executor)).rejects.toThrow(
      'expected a member with one, got m9',
    );
    await expect(fitSoup(fit, engine.executor, { signal: AbortSignal.abort() })).rejects.toThrow('stopped');
  });
});
