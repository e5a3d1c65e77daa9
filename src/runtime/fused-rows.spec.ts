import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fusionBrick } from '../../test/support/fusion-brick.js';
import { gateBrick } from '../../test/support/gate-brick.js';
import { naiveFusion, type NaiveFusion } from '../../test/support/naive-fusion.js';
import { naiveEncode } from '../../test/support/naive-encoder.js';
import { randomBase } from '../../test/support/random-base.js';
import { randomBrick } from '../../test/support/random-brick.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import { createTfjsExecutor } from '../engine/executors/tfjs.js';
import { positionIds } from '../models/position-ids.js';
import { quantizeTrunk } from '../models/quantize.js';
import { EngineHost } from './engine-host.js';
import type { Row, RowBrick, RowResult } from './protocol.js';

const TOLERANCE = 3e-5;
const task = { kind: 'hidden' } as const;

afterAll(closeHosts);

describe.each(['bert', 'roberta', 'distilbert'] as const)('AdapterFusion on %s', (modelType) => {
  const base = randomBase({ modelType });
  const maker = new RowMaker(base, 41);
  const kinds = ['normed', 'output', 'residual'] as const;
  const bricks = new Map(
    kinds.flatMap((kind) =>
      [1, 2, 3].map((pages) => [
        `${kind}${pages}`,
        randomBrick(`bottleneck_${kind}`, base.sites, { seed: pages, pages }),
      ]),
    ),
  );
  const matrices = { f: fusionBrick(base.sites, 5), g: fusionBrick(base.sites, 6) };
  let host: EngineHost;

  beforeAll(async () => {
    host = await tinyHost(base);
    for (const [id, brick] of bricks) await host.load(id, brick);
    for (const [id, brick] of Object.entries(matrices)) await host.load(id, brick);
    await host.load('identity', fusionBrick(base.sites, 8, { isIdentity: true }));
    await host.load('lora', randomBrick('lora', base.sites, { seed: 4 }));
    await host.load('wide', randomBrick('bottleneck_normed', base.sites, { seed: 9, pages: 20 }));
    for (const seed of [1, 2]) await host.load(`gate${seed}`, gateBrick(base.sites, seed));
  });

  const terms = (ids: readonly string[], over: Partial<RowBrick> = {}): Pick<Row, 'bricks' | 'routes'> => ({
    bricks: ids.map((id) => ({ id, weight: 1, route: 0, ...over })),
    routes: [{ law: 'adapter_fusion', fusion: 'f' }],
  });
  const fused = (ids: readonly string[], over: Partial<RowBrick> = {}, more: Partial<Row> = {}): Row => ({
    ...maker.row(undefined, { tokens: 6, task }),
    ...terms(ids, over),
    ...more,
  });
  const three = (kind: (typeof kinds)[number]) => [1, 2, 3].map((pages) => `${kind}${pages}`);
  const naive = (ids: readonly string[], over: Partial<NaiveFusion> = {}): NaiveFusion => ({
    members: ids.map((id) => ({ brick: bricks.get(id)!, weight: 1 })),
    matrices: matrices.f,
    input: 'normed',
    seen: [],
    ...over,
  });
  const reference = ({ inputIds, tokenTypeIds }: Row, ...fusion: Parameters<typeof naiveFusion>) => {
    const positions = positionIds(base.config, inputIds, { promptTokens: 0, prefixTokens: 0 });
    const types = tokenTypeIds ?? new Int32Array(inputIds.length);
    return Float32Array.from(naiveEncode(base, inputIds, positions, types, naiveFusion(...fusion)).flat());
  };
  const meansOf = ({ seen, members }: NaiveFusion): Float32Array =>
    Float32Array.from([...members.map((_, e) => seen.reduce((all, one) => all + one[e]!, 0) / seen.length), 0]);

  it.each(kinds)('mixes bottlenecks that read %s as plain loops do, shares and all', async (input) => {
    const row = fused(three(input));
    const route = naive(three(input), { input });
    const expected = reference(row, base.sites, route);
    const answer = (await host.run([row])).rows[0]!;
    expect(distance(answer.data, expected)).toBeLessThan(TOLERANCE);
    expect(distance(answer.shares![0]!, meansOf(route))).toBeLessThan(TOLERANCE);
    expect(Math.max(...answer.shares![0]!)).toBeLessThan(0.95);
  });

  it('is a member alone where it has but one and V is the identity', async () => {
    for (const kind of kinds) {
      const row = fused([`${kind}2`], {}, { routes: [{ law: 'adapter_fusion', fusion: 'identity' }] });
      const alone = { ...row, bricks: [{ id: `${kind}2`, weight: 1 }], routes: [] };
      expect(distance(await answerOf(host, row), await answerOf(host, alone))).toBeLessThan(TOLERANCE);
    }
  });

  it('does not mind the order of its members, and gives the shares in theirs', async () => {
    const row = fused(three('normed'));
    const turned = { ...row, bricks: [...row.bricks].reverse() };
    const { rows } = await host.run([row, turned]);
    expect(distance(rows[0]!.data, rows[1]!.data)).toBeLessThan(TOLERANCE);
    const shares = [...rows[1]!.shares![0]!];
    expect(distance(rows[0]!.shares![0]!, Float32Array.from([...shares.slice(0, 3).reverse(), 0]))).toBeLessThan(1e-5);
  });

  it('has a weight and tokens of its own, beside others and above them', async () => {
    const row = fused(three('output'), { weight: -0.5, tokens: { from: 1, to: 4 } });
    const isOn = (token: number) => token >= 1 && token < 4;
    const route = naive(three('output'), { input: 'output' });
    const part = { ...route, members: route.members.map((member) => ({ ...member, weight: -0.5, isOn })) };
    const answer = (await host.run([row])).rows[0]!;
    expect(distance(answer.data, reference(row, base.sites, part))).toBeLessThan(TOLERANCE);
    expect(distance(answer.shares![0]!, meansOf(part))).toBeLessThan(TOLERANCE);

    const plain = [{ brick: bricks.get('normed3')!, weight: 0.7 }];
    const two = ['normed1', 'normed2'];
    const beside = { ...fused(two), bricks: [...fused(two).bricks, { id: 'normed3', weight: 0.7 }] };
    const expected = reference(beside, base.sites, naive(two), { plain });
    expect(distance(await answerOf(host, beside), expected)).toBeLessThan(TOLERANCE);

    const above = {
      ...beside,
      bricks: [...beside.bricks.slice(0, 2).map((brick) => ({ ...brick, level: 1 })), { id: 'normed3', weight: 0.7 }],
    };
    const stacked = reference(above, base.sites, naive(two), { plain, isAbove: true });
    expect(distance(await answerOf(host, above), stacked)).toBeLessThan(TOLERANCE);
  });

  it('twice with opposite weights is the base', async () => {
    const row = fused(three('normed'));
    const twice = {
      ...row,
      bricks: [...row.bricks, ...row.bricks.map((brick) => ({ ...brick, weight: -1, route: 1 }))],
      routes: [...row.routes!, ...row.routes!],
    };
    const bare = { ...row, bricks: [], routes: [] };
    expect(distance(await answerOf(host, twice), await answerOf(host, bare))).toBeLessThan(TOLERANCE);
  });

  it('answers in a mixed batch as alone, padding or not', async () => {
    const rows: Row[] = [
      fused(three('normed')),
      { ...maker.row(undefined, { tokens: 11, task }), ...terms(['output1', 'output3']) },
      maker.row('normed1', { tokens: 9, task }),
      maker.row('lora', { tokens: 3, task }),
      maker.row(undefined, { tokens: 8, task }),
      fused(['normed2', 'normed1'], { level: 1 }, { routes: [{ law: 'adapter_fusion', fusion: 'g' }] }),
      {
        ...fused(['normed1', 'normed2']),
        bricks: [
          ...[1, 2].map((pages) => ({ id: `normed${pages}`, weight: 1, route: 0 })),
          ...[1, 2, 3].map((pages) => ({ id: `residual${pages}`, weight: 0.5, route: 1 })),
        ],
        routes: [
          { law: 'arrow', topK: 1, temperature: 1, gates: ['gate1', 'gate2'] },
          { law: 'adapter_fusion', fusion: 'g' },
        ],
      },
      fused(['wide', 'normed1']),
    ];
    const { rows: together } = await host.run(rows);
    for (const [index, row] of rows.entries()) {
      const alone = (await host.run([row])).rows[0]!;
      expect(distance(together[index]!.data, alone.data), `row ${index}`).toBeLessThan(TOLERANCE);
      expect(together[index]!.shares?.length ?? 0).toBe(row.routes?.length ?? 0);
      for (const [route, shares] of (alone.shares ?? []).entries())
        expect(distance(together[index]!.shares![route]!, shares), `row ${index}`).toBeLessThan(TOLERANCE);
    }
  });

  it.each<[string, Partial<Row>, string]>([
    ['no members', { bricks: [] }, 'expected members, got none'],
    ['a LoRA adapter', { bricks: [{ id: 'lora', weight: 1, route: 0 }] }, 'bottlenecks only, got low_rank.query'],
    [
      'members at unlike blocks',
      { bricks: ['normed1', 'output1'].map((id) => ({ id, weight: 1, route: 0 })) },
      'act at the same blocks, attention (normed) and ffn (normed), got attention (output)',
    ],
    [
      'members of unlike tokens',
      {
        bricks: [
          { id: 'normed1', weight: 1, route: 0 },
          { id: 'normed2', weight: 1, route: 0, tokens: { from: 1 } },
        ],
      },
      'the same tokens',
    ],
    [
      'matrices of another brick',
      { routes: [{ law: 'adapter_fusion', fusion: 'normed1' }] },
      'matrices for ffn blocks, got none',
    ],
    ['matrices that are not there', { routes: [{ law: 'adapter_fusion', fusion: 'none' }] }, 'a resident brick'],
  ])('refuses %s', async (_name, change, message) => {
    await expect(host.run([{ ...fused(['normed1', 'normed2']), ...change }])).rejects.toThrow(message);
  });
});

describe('AdapterFusion', () => {
  const base = randomBase();
  const row: Row = {
    ...new RowMaker(base, 5).row(undefined, { tokens: 6, task }),
    bricks: [0, 1].map((id) => ({ id: `m${id}`, weight: 1, route: 0 })),
    routes: [{ law: 'adapter_fusion', fusion: 'f' }],
  };
  const answerOn = async (host: EngineHost): Promise<RowResult> => {
    for (const id of [0, 1]) await host.load(`m${id}`, randomBrick('bottleneck_normed', base.sites, { seed: id + 1 }));
    await host.load('f', fusionBrick(base.sites, 3));
    return (await host.run([row])).rows[0]!;
  };

  it('answers in int8 close to fp32', async () => {
    const fp32 = (await answerOn(await tinyHost(base))).data;
    const int8 = (await answerOn(await tinyHost(quantizeTrunk(base)))).data;
    const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
    expect(norm(int8.map((x, i) => x - fp32[i]!)) / norm(fp32)).toBeLessThan(0.05);
  });

  it('answers the same on the other engine', async () => {
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const host = new EngineHost({ name: 'tfjs', base, executor });
    try {
      const [one, other] = [await answerOn(await tinyHost(base)), await answerOn(host)];
      expect(distance(other.data, one.data)).toBeLessThan(TOLERANCE);
      expect(distance(other.shares![0]!, one.shares![0]!)).toBeLessThan(TOLERANCE);
    } finally {
      await host.stop();
    }
  });
});
