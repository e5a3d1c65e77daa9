import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gateBrick } from '../../test/support/gate-brick.js';
import { randomBase } from '../../test/support/random-base.js';
import { randomBrick } from '../../test/support/random-brick.js';
import { closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import type { EngineHost } from './engine-host.js';
import type { GatedRoute, Row } from './protocol.js';

const TOLERANCE = 3e-5;
const LAWS = ['arrow', 'phatgoose', 'mod_squad'] as const;
const base = randomBase();
const maker = new RowMaker(base, 12);
const MEMBERS = ['lora', 'all_linear', 'bottleneck_normed'] as const;

let onnx: EngineHost;
let tfjs: EngineHost;
beforeAll(async () => {
  tf.env().set('IS_TEST', true); // silences the advice to install the native backend
  [onnx, tfjs] = [await tinyHost(base), await tinyHost(base, { engine: 'tfjs' })];
  for (const host of [onnx, tfjs])
    for (const [seed, kind] of MEMBERS.entries()) {
      await host.load(kind, randomBrick(kind, base.sites, { seed, pages: 1 + seed }));
      await host.load(`${kind}.gates`, gateBrick(base.sites, 20 + seed, { isStandardised: true }));
    }
});
afterAll(closeHosts);

/** A classifier whose head is that of its first member. */
const routed = (law: GatedRoute['law'], more: Partial<GatedRoute> = {}, tokens = 6): Row => ({
  ...maker.row(MEMBERS[0], { tokens }),
  bricks: MEMBERS.map((id, at) => ({ id, weight: 0.6 + at / 5, route: 0 })),
  routes: [{ law, topK: 2, temperature: 0.7, gates: MEMBERS.map((id) => `${id}.gates`), ...more }],
});

async function expectSame(rows: readonly Row[]): Promise<void> {
  const [one, other] = [(await onnx.run(rows)).rows, (await tfjs.run(rows)).rows];
  for (const [at, { shape, data, shares = [] }] of one.entries()) {
    expect(other[at]!.shape).toEqual(shape);
    expect(distance(other[at]!.data, data), `row ${at}`).toBeLessThan(TOLERANCE);
    expect(other[at]!.shares?.length).toBe(rows[at]!.routes?.length);
    for (const [route, means] of shares.entries())
      expect(distance(other[at]!.shares![route]!, means), `row ${at}`).toBeLessThan(TOLERANCE);
  }
}

describe('routed rows on tfjs', { timeout: 60_000 }, () => {
  it.each(LAWS)('by %s have the logits and shares that they have on ONNX Runtime', async (law) => {
    await expectSame([routed(law), routed(law, { topK: 1, temperature: 2 }, 4), routed(law, { topK: 3 }, 1)]);
  });

  it('abstain alike', async () => {
    const rows = [0.2, 1, 3, 1e6].map((floor) => routed('arrow', { floor }));
    await expectSame(rows);
    const [some, none] = [(await tfjs.run([rows[2]!])).rows[0]!, (await tfjs.run([rows[3]!])).rows[0]!];
    expect(some.shares![0]!.at(-1)).toBeGreaterThan(0);
    expect(none.shares![0]!.at(-1)).toBe(1);
  });

  it('of all laws stand in one batch with plain rows and the bare base', async () => {
    const rows = [...LAWS.map((law) => routed(law)), maker.row('lora'), maker.row(), maker.row('bottleneck_normed')];
    await expectSame(rows);
  });
});
