import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick, type BrickKind } from '../../test/support/random-brick.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import { baseTensors, leaveToBase } from '../adapters/base-tensors.js';
import { verbaliserHead } from '../adapters/verbaliser/verbaliser-head.js';
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
      expect(difference, `row ${index} of ${row.heads.join()}`).toBeLessThan(TOLERANCE);
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

describe('a head that answers labels at a mask', () => {
  const base = randomBase();
  const own = base.heads.maskedLm!;
  const tokens = [[3, 7], [5], [11, 12, 13]];
  const maker = new RowMaker(base, 11);

  it('answers in a mixed batch the means of the logits that the base gives there', async () => {
    const host = await tinyHost(base);
    const brick = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], head: verbaliserHead(own, tokens) };
    await host.load('verbaliser', leaveToBase(brick, baseTensors(base)));
    await host.load('all_linear', randomBrick('all_linear', base.sites, { seed: 4 }));
    const task = { kind: 'masked_lm', positions: [4] } as const;
    const asked = maker.row('verbaliser', { tokens: 9, task });
    const { rows } = await host.run([maker.row('all_linear'), asked, { ...asked, bricks: [], heads: ['base'] }]);
    const [, labels, vocabulary] = rows;
    const expected = tokens.map((all) => all.reduce((sum, id) => sum + vocabulary!.data[id]!, 0) / all.length);
    expect(labels!.shape).toEqual([1, 3]);
    expect(distance(labels!.data, Float32Array.from(expected))).toBeLessThan(TOLERANCE);
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
