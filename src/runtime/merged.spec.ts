import { afterAll, describe, expect, it } from 'vitest';
import { mergeBrick } from '../../test/support/merge-brick.js';
import { randomBase } from '../../test/support/random-base.js';
import { randomBrick } from '../../test/support/random-brick.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import type { Brick } from '../adapters/brick.js';

const TOLERANCE = 2e-5;
const base = randomBase();
const maker = new RowMaker(base, 3);

afterAll(closeHosts);

describe.each(['lora', 'all_linear', 'dora', 'ia3', 'biases', 'norms', 'embedding'] as const)('%s', (kind) => {
  const brick = randomBrick(kind, base.sites, { seed: 4, pages: 3 });

  it('in the pools is the base with its weights changed', async () => {
    const [paged, merged] = [await tinyHost(base), await tinyHost(mergeBrick(base, [{ brick, weight: 1 }]))];
    await paged.load('a', brick);
    for (const tokens of [1, 5, 12]) {
      const row = { ...maker.row('a', { tokens, task: { kind: 'hidden' } }), heads: ['base'] as const };
      expect(distance(await answerOf(paged, row), await answerOf(merged, { ...row, bricks: [] }))).toBeLessThan(
        TOLERANCE,
      );
    }
  });
});

describe.each(['lora', 'all_linear', 'dora', 'biases', 'norms', 'embedding'] as const)('%s', (kind) => {
  const brick = randomBrick(kind, base.sites, { seed: 4, pages: 3 });

  it('summed with another by weights is the base with both changes weighted', async () => {
    const other = randomBrick('dora', base.sites, { seed: 8, pages: 2 });
    const parts = [
      { brick, weight: 0.75 },
      { brick: other, weight: -0.5 },
    ];
    const [paged, merged] = [await tinyHost(base), await tinyHost(mergeBrick(base, parts))];
    await paged.load('0', brick);
    await paged.load('1', other);
    const row = { ...maker.row(undefined, { tokens: 9, task: { kind: 'hidden' } }) };
    const bricks = parts.map(({ weight }, index) => ({ id: `${index}`, weight }));
    const beside = maker.row('0', { tokens: 3, task: { kind: 'hidden' } });
    const { rows } = await paged.run([{ ...row, bricks }, beside]);
    expect(distance(rows[0]!.data, await answerOf(merged, row))).toBeLessThan(TOLERANCE);
    expect(distance(rows[1]!.data, await answerOf(paged, beside))).toBeLessThan(TOLERANCE);
  });
});

describe('a brick that changes nothing', () => {
  const zero = (brick: Brick): Brick => ({
    ...brick,
    lowRank: Object.fromEntries(
      Object.entries(brick.lowRank).map(([role, low]) => [role, { ...low, b: low.b.map(() => 0) }]),
    ),
    bottlenecks: brick.bottlenecks.map((part) => ({ ...part, b: part.b.map(() => 0), bBias: part.bBias.map(() => 0) })),
  });

  it.each(['lora', 'all_linear', 'bottleneck_normed', 'bottleneck_output', 'bottleneck_residual'] as const)(
    'leaves the base exactly: %s with B = 0',
    async (kind) => {
      const host = await tinyHost(base);
      await host.load('a', zero(randomBrick(kind, base.sites, { seed: 6 })));
      const row = maker.row(undefined, { tokens: 8, task: { kind: 'hidden' } });
      const adapted = { ...row, bricks: [{ id: 'a', weight: 1 }] };
      const { rows } = await host.run([row, adapted]); // one program for both: the same products in the same order
      expect(distance(rows[1]!.data, rows[0]!.data)).toBe(0);
      expect(distance(await answerOf(host, adapted), await answerOf(host, row))).toBeLessThan(1e-6);
    },
  );
});
