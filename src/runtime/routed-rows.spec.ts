import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gateBrick } from '../../test/support/gate-brick.js';
import { naiveBottlenecks, naiveRow, type NaiveRoute } from '../../test/support/naive-bricks.js';
import { naiveEncode } from '../../test/support/naive-encoder.js';
import { randomBase } from '../../test/support/random-base.js';
import { randomBrick } from '../../test/support/random-brick.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import { positionIds } from '../models/position-ids.js';
import { quantizeTrunk } from '../models/quantize.js';
import type { EngineHost } from './engine-host.js';
import type { GatedRoute, Row } from './protocol.js';

const TOLERANCE = 3e-5;
const LAWS = ['arrow', 'phatgoose', 'mod_squad'] as const;
const task = { kind: 'hidden' } as const;

afterAll(closeHosts);

describe.each(['bert', 'roberta', 'distilbert'] as const)('routes on %s', (modelType) => {
  const base = randomBase({ modelType });
  const maker = new RowMaker(base, 31);
  const bricks = [1, 2, 3].map((pages) => randomBrick('lora', base.sites, { seed: pages, pages }));
  const wide = randomBrick('all_linear', base.sites, { seed: 9 });
  const members = [...bricks, wide];
  const gates = members.map((_, index) => gateBrick(base.sites, 50 + index, { isStandardised: true }));
  let host: EngineHost;

  beforeAll(async () => {
    host = await tinyHost(base);
    for (const [index, brick] of members.entries()) await host.load(`m${index}`, brick);
    for (const [index, gate] of gates.entries()) await host.load(`g${index}`, gate);
    await host.load('equal', gateBrick(base.sites, 7));
    await host.load('bottleneck', randomBrick('bottleneck_normed', base.sites, { seed: 3 }));
  });

  const settings = { topK: 2, temperature: 0.7 };
  const routed = (law: GatedRoute['law'], over: Partial<GatedRoute> = {}, more: Partial<Row> = {}): Row => ({
    ...maker.row(undefined, { tokens: 6, task }),
    bricks: members.map((_, index) => ({ id: `m${index}`, weight: 0.5 + index / 4, route: 0 })),
    routes: [{ law, ...settings, gates: gates.map((_, index) => `g${index}`), ...over }],
    ...more,
  });
  const reference = ({ inputIds, tokenTypeIds }: Row, route: NaiveRoute, sum: Parameters<typeof naiveRow>[1] = []) => {
    const positions = positionIds(base.config, inputIds, { promptTokens: 0, prefixTokens: 0 });
    const types = tokenTypeIds ?? new Int32Array(inputIds.length);
    const states = naiveEncode(base, inputIds, positions, types, naiveRow(base.sites, sum, route));
    return Float32Array.from(states.flat());
  };
  const naive = (law: GatedRoute['law'], over: Partial<NaiveRoute> = {}): NaiveRoute => ({
    law,
    ...settings,
    members: members.map((brick, index) => ({ brick, weight: 0.5 + index / 4 })),
    gates,
    seen: [],
    best: [],
    ...over,
  });

  it.each(LAWS)('by %s give what plain loops give, shares and all', async (law) => {
    const row = routed(law);
    const route = naive(law);
    const expected = reference(row, route);
    const { rows } = await host.run([row]);
    expect(distance(rows[0]!.data, expected)).toBeLessThan(TOLERANCE);
    const means = members.map((_, e) => route.seen.reduce((sum, shares) => sum + shares[e]!, 0) / route.seen.length);
    expect(distance(rows[0]!.shares![0]!, Float32Array.from([...means, 0]))).toBeLessThan(TOLERANCE);
    expect(Math.max(...means)).toBeGreaterThan(0.05);
  });

  it('leave a token to the base where no score clears the floor', async () => {
    const bare = { ...routed('arrow'), bricks: [], routes: [] };
    const none = { ...routed('arrow', { floor: 1e6 }), inputIds: bare.inputIds };
    const types = bare.tokenTypeIds && { tokenTypeIds: bare.tokenTypeIds };
    const { rows } = await host.run([{ ...none, ...types }, bare]);
    expect(distance(rows[0]!.data, rows[1]!.data)).toBeLessThan(1e-6);
    expect([...rows[0]!.shares![0]!]).toEqual([0, 0, 0, 0, 1]);

    const like = routed('arrow');
    const free = naive('arrow');
    reference(like, free);
    const [, , third, fourth] = free.best.slice(0, 6).sort((a, b) => a - b); // at the first site: no route has acted yet
    const floor = (third! + fourth!) / 2;
    const route = naive('arrow', { floor });
    const expected = reference(like, route);
    const some = { ...like, routes: like.routes!.map((one) => ({ ...one, floor })) };
    const answer = (await host.run([some])).rows[0]!;
    expect(distance(answer.data, expected)).toBeLessThan(TOLERANCE);
    const abstained = route.seen.filter((shares) => shares.every((share) => share === 0)).length / route.seen.length;
    expect(answer.shares![0]!.at(-1)).toBeCloseTo(abstained, 5);
    expect(abstained).toBeGreaterThan(0);
    expect(abstained).toBeLessThan(1);
  });

  it('to all members by equal gates are the uniform sum', async () => {
    const row = routed('phatgoose', { topK: 4, gates: members.map(() => 'equal') });
    const sum = row.bricks.map(({ id, weight }) => ({ id, weight: weight / 4 }));
    const { rows } = await host.run([row, { ...row, bricks: sum, routes: [] }]);
    expect(distance(rows[0]!.data, rows[1]!.data)).toBeLessThan(TOLERANCE);
    expect([...rows[0]!.shares![0]!].map((share) => Math.round(share * 1e4) / 1e4)).toEqual([
      0.25, 0.25, 0.25, 0.25, 0,
    ]);
  });

  it('of equal scores take the first', async () => {
    const row = routed('arrow', { topK: 1, gates: members.map(() => 'equal') });
    const { shares } = (await host.run([row])).rows[0]!;
    expect([...shares![0]!]).toEqual([1, 0, 0, 0, 0]);
  });

  it('stand beside plain terms and other routes in one row, and share out their own tokens alone', async () => {
    const row = routed('arrow', {}, { inputIds: Int32Array.of(2, 7, 9, 11, 8, 3) });
    const tokens = { from: 1, to: 4 };
    const split = {
      ...row,
      bricks: [...row.bricks.map((brick) => ({ ...brick, tokens })), { id: 'm0', weight: -0.3 }],
    };
    const isOn = (token: number) => token >= 1 && token < 4;
    const route = naive('arrow');
    const whole = { ...route, members: route.members.map((member) => ({ ...member, isOn })) };
    const expected = reference(split, whole, [{ brick: bricks[0]!, weight: -0.3 }]);
    expect(distance(await answerOf(host, split), expected)).toBeLessThan(TOLERANCE);

    const twice = {
      ...row,
      bricks: [...row.bricks, ...row.bricks.map((brick) => ({ ...brick, weight: -brick.weight, route: 1 }))],
      routes: [...row.routes!, ...row.routes!],
    };
    const bare = { ...row, bricks: [], routes: [] };
    expect(distance(await answerOf(host, twice), await answerOf(host, bare))).toBeLessThan(TOLERANCE);
  });

  it('answer in a mixed batch as alone, padding or not', async () => {
    const rows: Row[] = [
      ...LAWS.map((law) => routed(law)),
      maker.row('m1', { tokens: 11, task }),
      maker.row(undefined, { tokens: 3, task }),
      routed(
        'arrow',
        { topK: 1, gates: ['g1', 'g0'] },
        { bricks: ['m2', 'm0'].map((id) => ({ id, weight: 1, route: 0 })) },
      ),
      maker.row('bottleneck', { tokens: 5, task }),
      { ...maker.row('m0', { tokens: 9, task }), bricks: [{ id: 'm0', weight: 1, tokens: { from: 2, to: 5 } }] },
      {
        ...routed('mod_squad'),
        bricks: [0, 1, 2, 3].map((m) => ({ id: `m${m}`, weight: 1, route: m % 2 })),
        routes: LAWS.slice(0, 2).map((law, m) => ({ law, ...settings, gates: [`g${m}`, `g${m + 2}`] })),
      },
    ];
    const { rows: together } = await host.run(rows);
    for (const [index, row] of rows.entries()) {
      const alone = (await host.run([row])).rows[0]!;
      expect(distance(together[index]!.data, alone.data), `row ${index}`).toBeLessThan(TOLERANCE);
      expect(together[index]!.shares?.length).toBe(row.routes?.length);
      for (const [route, shares] of (alone.shares ?? []).entries())
        expect(distance(together[index]!.shares![route]!, shares), `row ${index}`).toBeLessThan(TOLERANCE);
    }
  });
});

describe('routes', () => {
  const base = randomBase();
  const maker = new RowMaker(base, 5);

  it('share bottlenecks out by the gates of their blocks', async () => {
    const host = await tinyHost(base);
    const members = [1, 2].map((pages) => randomBrick('bottleneck_normed', base.sites, { seed: pages, pages }));
    const gates = [5, 6].map((seed) => gateBrick(base.sites, seed));
    for (const [index, brick] of [...members, ...gates].entries()) await host.load(`${index}`, brick);
    const row: Row = {
      ...maker.row(undefined, { tokens: 5, task }),
      bricks: [0, 1].map((id) => ({ id: `${id}`, weight: 1, route: 0 })),
      routes: [{ law: 'arrow', topK: 1, temperature: 1, gates: ['2', '3'] }],
    };
    const parts = members.map((brick) => ({ brick, weight: 1 }));
    const route: NaiveRoute = { law: 'arrow', topK: 1, temperature: 1, members: parts, gates, seen: [], best: [] };
    const positions = positionIds(base.config, row.inputIds, { promptTokens: 0, prefixTokens: 0 });
    const adapter = naiveBottlenecks(base.sites, [parts], route);
    const expected = naiveEncode(base, row.inputIds, positions, row.tokenTypeIds!, adapter).flat();
    const { data, shares } = (await host.run([row])).rows[0]!;
    expect(distance(data, Float32Array.from(expected))).toBeLessThan(TOLERANCE);
    expect(shares![0]![0]! + shares![0]![1]!).toBeCloseTo(1, 5);
  });

  it('answer in int8 close to fp32, and the same beside other rows', async () => {
    const [fp32, int8] = [await tinyHost(base), await tinyHost(quantizeTrunk(base))];
    for (const host of [fp32, int8])
      for (const id of [0, 1]) {
        await host.load(`m${id}`, randomBrick('lora', base.sites, { seed: id + 1 }));
        await host.load(`g${id}`, gateBrick(base.sites, id + 9));
      }
    const row: Row = {
      ...maker.row(undefined, { tokens: 6, task }),
      bricks: [0, 1].map((id) => ({ id: `m${id}`, weight: 1, route: 0 })),
      routes: [{ law: 'phatgoose', topK: 2, temperature: 1, gates: ['g0', 'g1'] }],
    };
    const expected = await answerOf(fp32, row);
    const actual = await answerOf(int8, row);
    const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
    expect(norm(actual.map((x, i) => x - expected[i]!)) / norm(expected)).toBeLessThan(0.05);
    const { rows } = await int8.run([
      row,
      maker.row('m0', { tokens: 6, task }),
      maker.row(undefined, { tokens: 2, task }),
    ]);
    expect(distance(rows[0]!.data, actual)).toBeLessThan(0.05);
  });

  const one = { law: 'arrow', topK: 1, temperature: 1, gates: ['gate'] } as const;
  const member = { id: 'lora', weight: 1, route: 0 };
  it.each<[string, Partial<Row>, string]>([
    ['a route that is not there', { bricks: [{ ...member, route: 1 }], routes: [one] }, "one of the row's 1, got 1"],
    ['a route of nobody', { bricks: [], routes: [one] }, 'members and a gate for each, got 0 and 1'],
    ['fewer gates than members', { bricks: [member, member], routes: [one] }, 'got 2 and 1'],
    ['a member without gates', { bricks: [member], routes: [{ ...one, gates: ['lora'] }] }, 'a gate vector at query'],
    ['a top_k of 0', { bricks: [member], routes: [{ ...one, topK: 0 }] }, 'top_k: expected an integer from 1, got 0'],
    ['a temperature of 0', { bricks: [member], routes: [{ ...one, temperature: 0 }] }, 'above 0, got 0'],
    ['a floor of NaN', { bricks: [member], routes: [{ ...one, floor: NaN }] }, 'finite number, got NaN'],
    [
      'norms',
      { bricks: [{ ...member, id: 'norms' }], routes: [one] },
      'linear layers and bottlenecks, got block_norms',
    ],
    ['(IA)³', { bricks: [{ ...member, id: 'ia3' }], routes: [one] }, 'split or routed'],
    ['a prefix', { bricks: [{ ...member, id: 'prefix' }], routes: [one] }, 'split or routed'],
    [
      'members of unlike tokens',
      { bricks: [member, { ...member, tokens: { from: 1 } }], routes: [{ ...one, gates: ['gate', 'gate'] }] },
      'members with the same tokens',
    ],
    [
      'tokens from nowhere',
      { bricks: [{ id: 'lora', weight: 1, tokens: { from: 3, to: 3 } }] },
      '0 ≤ from < to, got 3',
    ],
    ['a level of -1', { bricks: [{ id: 'lora', weight: 1, level: -1 }] }, 'an integer from 0 to 63, got -1'],
  ])('refuse %s', async (_name, row, message) => {
    const host = await refusing();
    await expect(host.run([{ ...maker.row(undefined, { task }), ...row }])).rejects.toThrow(message);
  });

  let refuser: Promise<EngineHost> | undefined;
  const refusing = (): Promise<EngineHost> =>
    (refuser ??= (async () => {
      const host = await tinyHost(base);
      for (const kind of ['lora', 'norms', 'ia3', 'prefix'] as const)
        await host.load(kind, randomBrick(kind, base.sites, { seed: 1 }));
      await host.load('gate', gateBrick(base.sites, 2));
      return host;
    })());
});
