import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBrick } from '../../../test/support/random-brick.js';
import { closeHosts, tinyHost } from '../../../test/support/tiny-host.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import type { BaseModel } from '../../models/base-model.js';
import type { EngineHost } from '../engine-host.js';
import { fitLoraHub, type LoraHubFit } from './lora-hub.js';

const TEXTS = ['the rain', 'market a', 'b c d', 'raining and the', '1 2 3', 'a market', 'x y', 'the', 'and', 'rain?'];
const LABELS = ['red', 'green', 'blue'];
/** What the two right members do at these weights is what the task asks. */
const RIGHT = { m1: 1, m3: 0.7 };

let base: BaseModel;
let host: EngineHost;
let fit: LoraHubFit;

beforeAll(async () => {
  base = await loadTinyModel({ modelType: 'bert', task: 'sequence' });
  host = await tinyHost(base);
  const members = [0, 1, 2, 3, 4].map((at) => {
    const { head: _none, ...brick } = randomBrick('lora', base.sites, { seed: 20 + at });
    return { name: `m${at}`, brick };
  });
  for (const { name, brick } of members) await host.load(name, brick);
  const rows = TEXTS.map((text) => {
    const { ids } = base.tokenizer.encode(text, { maxTokens: 30 });
    const bricks = Object.entries(RIGHT).map(([id, weight]) => ({ id, weight }));
    return { inputIds: ids, bricks, heads: ['base'], task: { kind: 'sequence' } } as const;
  });
  const answers = (await host.run(rows)).rows;
  const examples = TEXTS.map((text, at) => {
    const data = [...answers[at]!.data];
    return { text, label: LABELS[data.indexOf(Math.max(...data))]! };
  });
  const labels = { labels: LABELS, problem: 'single' } as const;
  fit = { base, task: 'sequence_classification', labels, examples, members, evaluations: 150, seed: 1 };
});
afterAll(closeHosts);

describe('LoraHub', () => {
  it('finds weights that answer better than the base, the same for a seed, and leaves nothing behind', async () => {
    const pool = host.poolBytes().used;
    const losses: number[] = [];
    const found = await fitLoraHub(fit, host, { onStep: ({ loss }) => losses.push(loss) });
    expect(losses).toHaveLength(150);
    expect(losses.every((loss, at) => at === 0 || loss <= losses[at - 1]!)).toBe(true);
    expect(found.loss).toBeLessThan(found.baseLoss - 0.05);
    expect(found.weights.every((weight) => Math.abs(weight) <= 1.5)).toBe(true);
    expect(found.weights.some((weight) => weight !== 0)).toBe(true);
    expect(host.poolBytes().used).toBe(pool);
    expect(await fitLoraHub(fit, host)).toEqual(found);
  });

  it('stays at the base where every weight costs more than it gives', async () => {
    const { weights, loss, baseLoss } = await fitLoraHub({ ...fit, penalty: 1e6, evaluations: 20 }, host);
    expect(weights.every((weight) => weight === 0)).toBe(true);
    expect(loss).toBe(baseLoss);
  });

  it("answers with a member's head", async () => {
    const brick = randomBrick('lora', base.sites, { seed: 7 });
    const members = [{ name: 'own', brick }, ...fit.members];
    const own = await fitLoraHub({ ...fit, members, head: { member: 'own' }, evaluations: 2 }, host);
    const others = await fitLoraHub({ ...fit, members, evaluations: 2 }, host);
    expect(own.baseLoss).not.toBe(others.baseLoss);
  });

  it.each<[Partial<LoraHubFit>, string]>([
    [{ members: [] }, 'expected at least one'],
    [{ examples: [] }, 'examples: expected at least one'],
    [{ examples: [{ text: 'a', label: 'purple' }] }, 'got purple'],
    [{ head: { member: 'nobody' } }, 'expected a member, got nobody'],
    [{ evaluations: 0 }, 'at least one evaluation'],
    [{ bound: -1 }, 'a bound above 0'],
  ])('refuses %o', async (more, message) => {
    await expect(fitLoraHub({ ...fit, ...more }, host)).rejects.toThrow(message);
  });

  it('refuses members that are not weighed, and hears a stop', async () => {
    const virtual = [{ name: 'prefix', brick: randomBrick('prefix', base.sites, { seed: 1 }) }];
    await expect(fitLoraHub({ ...fit, members: virtual }, host)).rejects.toThrow('a prefix adapter has weight 1');
    await expect(fitLoraHub(fit, host, { signal: AbortSignal.abort() })).rejects.toThrow('stopped before its end');
  });
});
