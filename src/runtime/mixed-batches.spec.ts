import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick, type BrickKind } from '../../test/support/random-brick.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import type { EngineHost } from './engine-host.js';
import type { Row } from './protocol.js';

const TOLERANCE = 2e-5;

afterAll(closeHosts);

describe.each(['bert', 'roberta', 'distilbert', 'electra', 'mpnet'] as const)('batches of %s', (modelType) => {
  const base = randomBase({ modelType });
  const maker = new RowMaker(base, 5);
  const kinds: BrickKind[] = BRICK_KINDS.filter((kind) => kind !== 'prefix' || modelType !== 'mpnet');
  let host: EngineHost;

  beforeAll(async () => {
    host = await tinyHost(base);
    for (const [index, kind] of kinds.entries()) {
      const brick = randomBrick(kind, base.sites, {
        seed: index + 10,
        pages: (index % 3) + 1,
        labels: 2 + (index % 4),
      });
      await host.load(kind, brick);
    }
  });

  async function expectEachAsAlone(rows: Row[]): Promise<void> {
    const together = await host.run(rows);
    for (const [index, row] of rows.entries()) {
      const difference = distance(together.rows[index]!.data, await answerOf(host, row));
      expect(difference, `row ${index} of ${row.head}`).toBeLessThan(TOLERANCE);
    }
  }

  it('answer every kind of brick and the bare base together as each alone', async () => {
    await expectEachAsAlone([...kinds, undefined].map((kind) => maker.row(kind)));
  });

  it('answer one brick in every row as each row alone', async () => {
    for (const kind of ['all_linear', 'prompt', 'bottleneck_normed'])
      await expectEachAsAlone(Array.from({ length: 4 }, () => maker.row(kind)));
  });

  it('answer a Zipf mix of bricks as each row alone', async () => {
    const random = new SeededRandom(9);
    const pick = () => kinds[Math.min(kinds.length - 1, Math.floor(1 / random.uniform(0.05, 1)) - 1)];
    await expectEachAsAlone(Array.from({ length: 12 }, () => maker.row(pick())));
  });
});

describe('a bare row', () => {
  const base = randomBase();
  const maker = new RowMaker(base, 7);
  let host: EngineHost;

  beforeAll(async () => {
    host = await tinyHost(base);
    for (const kind of BRICK_KINDS) await host.load(kind, randomBrick(kind, base.sites, { seed: 3 }));
  });

  it.each(BRICK_KINDS)('is not changed by %s beside it, which is', async (kind) => {
    const bare = maker.row(undefined, { tokens: 7 });
    const { rows } = await host.run([bare, { ...bare, bricks: [{ id: kind, weight: 1 }] }]);
    expect(distance(rows[1]!.data, rows[0]!.data)).toBeGreaterThan(100 * TOLERANCE);
    expect(distance(rows[0]!.data, await answerOf(host, bare))).toBeLessThan(TOLERANCE);
  });
});
