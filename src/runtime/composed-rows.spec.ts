import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naiveBottlenecks, naiveRow } from '../../test/support/naive-bricks.js';
import { naiveEncode, type NaiveAdapter } from '../../test/support/naive-encoder.js';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick } from '../../test/support/random-brick.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import type { Brick } from '../adapters/brick.js';
import { positionIds } from '../models/position-ids.js';
import type { EngineHost } from './engine-host.js';
import type { Row, RowBrick } from './protocol.js';

const TOLERANCE = 3e-5;
const task = { kind: 'hidden' } as const;
const SUMMABLE = BRICK_KINDS.filter((kind) => kind !== 'ia3' && kind !== 'prefix' && kind !== 'prompt');

afterAll(closeHosts);

describe.each(['bert', 'roberta', 'distilbert'] as const)('compositions on %s', (modelType) => {
  const base = randomBase({ modelType });
  const maker = new RowMaker(base, 17);
  const kinds = SUMMABLE.filter((kind) => modelType !== 'distilbert' || kind !== 'embedding');
  let host: EngineHost;

  beforeAll(async () => {
    host = await tinyHost(base);
    for (const kind of kinds) {
      await host.load(kind, randomBrick(kind, base.sites, { seed: 3, pages: 2 }));
      await host.load(`${kind} too`, randomBrick(kind, base.sites, { seed: 4, pages: 1 }));
    }
  });

  const rowOf = (bricks: readonly RowBrick[], like: Row = maker.row(undefined, { tokens: 6, task })): Row => ({
    ...like,
    bricks,
  });

  it.each(kinds)(
    '%s: weight 0 is absence, order does not matter, and a sum with its negative is the base',
    async (kind) => {
      const one = { id: kind, weight: 0.8 };
      const two = { id: `${kind} too`, weight: -0.4 };
      const like = maker.row(undefined, { tokens: 6, task });
      const answers = await host.run([
        rowOf([], like),
        rowOf([{ ...one, weight: 0 }], like),
        rowOf([one, { ...one, weight: -0.8 }], like),
        rowOf([one, two], like),
        rowOf([two, one], like),
        rowOf([{ ...one, weight: 0.3 }, two, { ...one, weight: 0.5 }], like),
      ]);
      const [bare, absent, cancelled, sum, swapped, parted] = answers.rows.map(({ data }) => data);
      expect(distance(absent!, bare!)).toBeLessThan(TOLERANCE);
      expect(distance(cancelled!, bare!)).toBeLessThan(TOLERANCE);
      expect(distance(swapped!, sum!)).toBeLessThan(TOLERANCE);
      expect(distance(parted!, sum!)).toBeLessThan(TOLERANCE);
      expect(distance(sum!, bare!)).toBeGreaterThan(1e-3);
    },
  );

  it.each(kinds)('%s: given to two halves of the input is given to all of it', async (kind) => {
    const like = maker.row(undefined, { tokens: 6, task });
    const whole = rowOf([{ id: kind, weight: 0.7 }], like);
    const [first, second] = [{ from: 0, to: 2 }, { from: 2 }];
    const halves = rowOf(
      [first, second].map((tokens) => ({ id: kind, weight: 0.7, tokens })),
      like,
    );
    const beyond = rowOf([{ id: kind, weight: 0.7, tokens: { from: 6, to: 60 } }], like);
    const { rows } = await host.run([whole, halves, beyond, rowOf([], like), maker.row(kind, { tokens: 9, task })]);
    expect(distance(rows[1]!.data, rows[0]!.data)).toBeLessThan(TOLERANCE);
    expect(distance(rows[2]!.data, rows[3]!.data)).toBeLessThan(TOLERANCE);
    expect(distance(await answerOf(host, halves), rows[0]!.data)).toBeLessThan(TOLERANCE);
  });
});

describe('compositions', () => {
  const base = randomBase();
  const maker = new RowMaker(base, 23);

  const expectAs = async (host: EngineHost, row: Row, adapter: NaiveAdapter): Promise<void> => {
    const positions = positionIds(base.config, row.inputIds, { promptTokens: 0, prefixTokens: 0 });
    const expected = naiveEncode(base, row.inputIds, positions, row.tokenTypeIds!, adapter).flat();
    expect(distance(await answerOf(host, row), Float32Array.from(expected))).toBeLessThan(TOLERANCE);
  };

  it('split low-rank pages as plain loops do', async () => {
    const host = await tinyHost(base);
    const bricks = [1, 2].map((seed) => randomBrick('all_linear', base.sites, { seed, pages: seed }));
    for (const [index, brick] of bricks.entries()) await host.load(`${index}`, brick);
    const row = {
      ...maker.row(undefined, { tokens: 6, task }),
      bricks: [
        { id: '0', weight: 1, tokens: { from: 0, to: 4 } },
        { id: '1', weight: 0.5, tokens: { from: 2 } },
      ],
    };
    const parts = [
      { brick: bricks[0]!, weight: 1, isOn: (token: number) => token < 4 },
      { brick: bricks[1]!, weight: 0.5, isOn: (token: number) => token >= 2 },
    ];
    await expectAs(host, row, naiveRow(base.sites, parts));
  });

  it('count the tokens of a split after virtual ones', async () => {
    const host = await tinyHost(base);
    await host.load('prompt', randomBrick('prompt', base.sites, { seed: 1 }));
    await host.load('lora', randomBrick('lora', base.sites, { seed: 2 }));
    const like = maker.row(undefined, { tokens: 5, task });
    const prompted = (tokens?: RowBrick['tokens']) => ({
      ...like,
      bricks: [
        { id: 'prompt', weight: 1 },
        { id: 'lora', weight: 1, ...(tokens && { tokens }) },
      ],
    });
    const { rows } = await host.run([
      prompted({ from: 0, to: 2 }),
      prompted({ from: 2 }),
      { ...like, bricks: [{ id: 'prompt', weight: 1 }] },
      prompted({ from: 0 }),
    ]);
    const states = rows.map(({ data }) => data);
    for (const split of [0, 1, 3]) expect(distance(states[split]!, states[2]!)).toBeGreaterThan(1e-4);
    expect(distance(states[0]!, states[1]!)).toBeGreaterThan(1e-4);
  });

  it('run stacked bottlenecks one after the other, each on what the one below left', async () => {
    const host = await tinyHost(base);
    const bricks = [1, 2].map((seed) => randomBrick('bottleneck_normed', base.sites, { seed, pages: seed }));
    for (const [index, brick] of bricks.entries()) await host.load(`${index}`, brick);
    const like = maker.row(undefined, { tokens: 5, task });
    const row = { ...like, bricks: [0, 1].map((level) => ({ id: `${level}`, weight: 1, level })) };
    const parts = bricks.map((brick) => ({ brick, weight: 1 }));
    await expectAs(
      host,
      row,
      naiveBottlenecks(
        base.sites,
        parts.map((part) => [part]),
      ),
    );
    const sum = { ...like, bricks: [0, 1].map((id) => ({ id: `${id}`, weight: 1 })) };
    await expectAs(host, sum, naiveBottlenecks(base.sites, [parts]));
    const { rows } = await host.run([row, sum, maker.row('1', { tokens: 8, task }), { ...like, bricks: [] }]);
    expect(distance(rows[0]!.data, await answerOf(host, row))).toBeLessThan(TOLERANCE);
    expect(distance(rows[0]!.data, rows[1]!.data)).toBeGreaterThan(1e-3);
  });

  it.each(['lora', 'biases', 'norms', 'bottleneck_residual'] as const)('stacked %s are their sum', async (kind) => {
    const host = await tinyHost(base);
    for (const seed of [1, 2]) await host.load(`${seed}`, randomBrick(kind, base.sites, { seed, pages: seed }));
    const like = maker.row(undefined, { tokens: 5, task });
    const of = (level: (seed: number) => number): Row => ({
      ...like,
      bricks: [1, 2].map((seed) => ({ id: `${seed}`, weight: 0.6, level: level(seed) })),
    });
    const { rows } = await host.run([of(() => 0), of((seed) => seed), of((seed) => 5 - seed)]);
    expect(distance(rows[1]!.data, rows[0]!.data)).toBeLessThan(TOLERANCE);
    expect(distance(rows[2]!.data, rows[0]!.data)).toBeLessThan(TOLERANCE);
  });

  it('multiply the scales of stacked (IA)³, bias and all', async () => {
    const host = await tinyHost(base);
    const [low, high] = [1, 2].map((seed) => randomBrick('ia3', base.sites, { seed })) as [Brick, Brick];
    await host.load('low', low);
    await host.load('high', high);
    await host.load('both', product(low, high));
    await host.load('lora', randomBrick('lora', base.sites, { seed: 5 }));
    const like = maker.row(undefined, { tokens: 5, task });
    const stacked = { ...like, bricks: ['low', 'high'].map((id, level) => ({ id, weight: 1, level })) };
    const { rows } = await host.run([stacked, { ...like, bricks: [{ id: 'both', weight: 1 }] }, maker.row('lora')]);
    expect(distance(rows[0]!.data, rows[1]!.data)).toBeLessThan(TOLERANCE);
    expect(distance(await answerOf(host, stacked), rows[1]!.data)).toBeLessThan(TOLERANCE);
    const level = { ...stacked, bricks: ['low', 'high'].map((id) => ({ id, weight: 1 })) };
    await expect(host.run([level])).rejects.toThrow('stands alone with weight 1');
  });
});

/** The one (IA)³ that does what both do one after the other. */
function product(low: Brick, high: Brick): Brick {
  const [a, b] = [low.vectors.key!, high.vectors.key!];
  const outputScale = a.outputScale!.map((x, i) => x * b.outputScale![i]!);
  const bias = a.bias!.map((x, i) => b.outputScale![i]! * x + b.bias![i]!);
  const [from, to] = [low.vectors.ffn_down!.inputScale!, high.vectors.ffn_down!.inputScale!];
  return { ...low, vectors: { key: { outputScale, bias }, ffn_down: { inputScale: from.map((x, i) => x * to[i]!) } } };
}
