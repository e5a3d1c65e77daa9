import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick } from '../../test/support/random-brick.js';
import { answerOf, closeHosts, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import { quantizeTrunk } from '../models/quantize.js';
import type { EngineHost } from './engine-host.js';

const base = randomBase();
const maker = new RowMaker(base, 11);
let fp32: EngineHost;
let int8: EngineHost;

beforeAll(async () => {
  [fp32, int8] = [await tinyHost(base), await tinyHost(quantizeTrunk(base))];
  for (const host of [fp32, int8])
    for (const kind of BRICK_KINDS) await host.load(kind, randomBrick(kind, base.sites, { seed: 4, pages: 2 }));
});
afterAll(closeHosts);

describe('on a base in int8', () => {
  it.each([undefined, ...BRICK_KINDS])('%s answers close to fp32', async (kind) => {
    const row = { ...maker.row(kind, { tokens: 9, task: { kind: 'hidden' } }), heads: ['base'] as const };
    const [actual, expected] = [await answerOf(int8, row), await answerOf(fp32, row)];
    expect(relative(actual, expected)).toBeLessThan(0.03);
    if (kind === undefined) return;
    const bare = await answerOf(int8, { ...row, bricks: [] });
    expect(relative(actual, bare), 'what the adapter changes').toBeGreaterThan(0.1);
  });

  it('every kind of adapter together is answered as each alone, but for a step of rounding', async () => {
    const rows = BRICK_KINDS.map((kind) => ({
      ...maker.row(kind, { task: { kind: 'hidden' } }),
      heads: ['base'] as const,
    }));
    const together = (await int8.run(rows)).rows;
    for (const [index, row] of rows.entries())
      expect(relative(together[index]!.data, await answerOf(int8, row)), row.bricks[0]!.id).toBeLessThan(0.02);
  });

  it('a row is the same to the bit, whatever its neighbours are', async () => {
    const huge = randomBrick('lora', base.sites, { seed: 9, pages: 2 });
    for (const { b } of Object.values(huge.lowRank)) b.set(b.map((x) => 1e6 * x));
    await int8.load('huge', huge);
    const own = maker.row('lora', { tokens: 9 });
    const beside = (brick: string) =>
      [brick, brick].map((id) => ({ ...maker.row(id, { tokens: 9 }), heads: ['base'] as const }));
    const [expected] = (await int8.run([own, ...beside('lora')])).rows;
    for (const brick of ['lora', 'huge']) {
      const { rows } = await int8.run([own, ...beside(brick)]);
      expect([...rows[0]!.data]).toEqual([...expected!.data]);
    }
  });
});

function relative(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(a.map((x, i) => x - b[i]!)) / norm(b);
}
