import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { randomBrick } from '../../test/support/random-brick.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import type { EngineHost } from './engine-host.js';
import type { RowTask } from './protocol.js';

const TOLERANCE = 2e-5;
const base = randomBase();
const maker = new RowMaker(base, 5);
let host: EngineHost;

beforeAll(async () => {
  host = await tinyHost(base);
  await host.load('lora', randomBrick('lora', base.sites, { seed: 1, labels: 5 }));
  await host.load('prompt', randomBrick('prompt', base.sites, { seed: 2 }));
});
afterAll(closeHosts);

const load = (on: EngineHost, id: string, seed: number, pages = 1) =>
  on.load(id, randomBrick('lora', base.sites, { seed, pages }));

describe('answers', () => {
  it('have the shape of their task, virtual tokens left out', async () => {
    const tasks: RowTask[] = [
      { kind: 'sequence' },
      { kind: 'token' },
      { kind: 'hidden' },
      { kind: 'embedding', pooling: 'mean' },
      { kind: 'embedding', pooling: 'cls' },
      { kind: 'masked_lm', positions: [0, 3] },
      { kind: 'masked_lm', positions: [] },
    ];
    const rows = tasks.flatMap((task) => [
      { ...maker.row(undefined, { tokens: 4, task }) },
      { ...maker.row('prompt', { tokens: 4, task }), heads: ['base'] as const },
    ]);
    const shapes = (await host.run(rows)).rows.map(({ shape, data }) => {
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      return shape;
    });
    const expected = [[3], [4, 3], [4, 16], [16], [16], [2, 40], [0, 40]];
    expect(shapes).toEqual(expected.flatMap((shape) => [shape, shape]));
  });

  it('pool real tokens alone', async () => {
    const row = maker.row('prompt', { tokens: 5, task: { kind: 'hidden' } });
    const states = await answerOf(host, row);
    const cls = await answerOf(host, { ...row, task: { kind: 'embedding', pooling: 'cls' } });
    const mean = await answerOf(host, { ...row, task: { kind: 'embedding', pooling: 'mean' } });
    expect(distance(cls, states.slice(0, 16))).toBe(0);
    const sums = Float32Array.from({ length: 16 }, (_, i) =>
      [0, 1, 2, 3, 4].reduce((sum, t) => sum + states[t * 16 + i]!, 0),
    );
    expect(
      distance(
        mean,
        sums.map((sum) => sum / 5),
      ),
    ).toBeLessThan(1e-6);
  });

  it('of masked positions are those of all positions', async () => {
    const row = maker.row('prompt', { tokens: 5, task: { kind: 'masked_lm', positions: [0, 1, 2, 3, 4] } });
    const all = await answerOf(host, { ...row, heads: ['base'] });
    const some = await answerOf(host, { ...row, heads: ['base'], task: { kind: 'masked_lm', positions: [4, 1] } });
    expect(distance(some.slice(0, 40), all.slice(160, 200))).toBeLessThan(TOLERANCE);
    expect(distance(some.slice(40), all.slice(40, 80))).toBeLessThan(TOLERANCE);
  });

  it('come from the head of the named brick, else from the base', async () => {
    const row = maker.row('lora', { tokens: 4 });
    const { rows } = await host.run([row, { ...row, heads: ['base'] }, { ...maker.row(), heads: ['lora'] }]);
    expect(rows.map(({ shape }) => shape)).toEqual([[5], [3], [5]]);
  });

  it('of several heads stand side by side, in their order', async () => {
    for (const task of [{ kind: 'sequence' }, { kind: 'token' }] as const) {
      const row = { ...maker.row('prompt', { tokens: 3, task }), heads: ['base'] as const };
      const token = { ...row, heads: ['base', 'base'] };
      const sequence = { ...row, heads: ['lora', 'base', 'prompt'] };
      const { rows } = await host.run([row, task.kind === 'token' ? token : sequence]);
      const joined = rows[1]!;
      expect(joined.shape).toEqual(task.kind === 'token' ? [3, 6] : [11]);
      const own = task.kind === 'token' ? joined.data.slice(15) : joined.data.slice(5, 8);
      const alone = task.kind === 'token' ? rows[0]!.data.slice(6) : rows[0]!.data;
      expect(distance(own, alone)).toBeLessThan(TOLERANCE);
    }
    await expect(host.run([{ ...maker.row(), heads: [] }])).rejects.toThrow('expected at least one');
  });

  it('tell how full the batch was and on which variant it ran', async () => {
    const { timings } = await host.run([maker.row('lora', { tokens: 3 }), maker.row(undefined, { tokens: 6 })]);
    expect(timings).toMatchObject({
      rows: 2,
      tokens: 9,
      fill: 0.75,
      variant: 'low_rank.query:1@row low_rank.value:1@row',
    });
    expect(timings.totalMs).toBeGreaterThanOrEqual(timings.engineMs);
  });

  it('to nothing are nothing', async () => {
    expect((await host.run([])).rows).toEqual([]);
  });
});

describe('refusals', () => {
  it.each([
    ['a brick that is not resident', { ...maker.row('gone'), heads: ['base'] as const }, 'brick_not_resident'],
    ['a head that is not resident', { ...maker.row(), heads: ['gone'] }, 'brick_not_resident'],
    ['a head of another task', { ...maker.row('lora'), task: { kind: 'token' } as const }, 'head_missing'],
    [
      'a position past the row',
      maker.row(undefined, { tokens: 3, task: { kind: 'masked_lm', positions: [3] } }),
      'invalid_value',
    ],
    ['a row that is too long', maker.row(undefined, { tokens: 49 }), 'context_length_exceeded'],
  ])('%s', async (_name, row, code) => {
    await expect(host.run([row])).rejects.toMatchObject({ code });
    await expect(host.run([maker.row()])).resolves.toBeDefined();
  });
});

describe('wide rows', () => {
  it('run apart, and every answer comes back in its place', async () => {
    const on = await tinyHost(base);
    const pages = [1, 20, 4, 0, 20, 40];
    for (const [index, count] of pages.entries()) if (count > 0) await load(on, `${index}`, index, count);
    const rows = pages.map((count, index) => maker.row(count === 0 ? undefined : `${index}`));
    const together = await on.run(rows);
    expect(together.timings.variant.split(' + ')).toHaveLength(3);
    for (const [index, row] of rows.entries())
      expect(distance(together.rows[index]!.data, await answerOf(on, row))).toBeLessThan(TOLERANCE);
  });
});

describe('loading and unloading', () => {
  it('is idempotent by id and counts bytes', async () => {
    const on = await tinyHost(base);
    const first = await load(on, 'a', 1, 2);
    const used = on.poolBytes().used;
    expect(await load(on, 'a', 1, 2)).toEqual(first);
    expect(on.poolBytes().used).toBe(used);
    await on.unload('a');
    await on.unload('a');
    expect(on.poolBytes().used).toBe(0);
  });

  it('leaves no trace of an unloaded brick for the one that takes its pages', async () => {
    const on = await tinyHost(base);
    const row = maker.row('a', { tokens: 6 });
    await load(on, 'a', 1, 3);
    const before = await answerOf(on, row);
    await on.unload('a');
    await load(on, 'b', 2, 1);
    const other = await answerOf(on, { ...row, bricks: [{ id: 'b', weight: 1 }], heads: ['base'] });
    await on.unload('b');
    await load(on, 'a', 1, 3);
    expect(distance(await answerOf(on, row), before)).toBeLessThan(1e-7);
    const fresh = await tinyHost(base);
    await load(fresh, 'b', 2, 1);
    const alone = await answerOf(fresh, { ...row, bricks: [{ id: 'b', weight: 1 }], heads: ['base'] });
    expect(distance(other, alone)).toBeLessThan(1e-7);
  });

  it('keeps the others as they are when a mostly free pool is compacted', async () => {
    const on = await tinyHost(base);
    for (let index = 0; index < 60; index++) await load(on, `${index}`, index);
    const rows = [3, 30, 59].map((index) => maker.row(`${index}`));
    const before = (await on.run(rows)).rows;
    const allocated = on.poolBytes().allocated;
    for (let index = 0; index < 60; index++) if (![3, 30, 59].includes(index)) await on.unload(`${index}`);
    expect(on.poolBytes().allocated).toBeLessThan(allocated / 3);
    const after = (await on.run(rows)).rows;
    for (const [index, { data }] of after.entries())
      expect(distance(data, before[index]!.data)).toBeLessThan(TOLERANCE);
  });

  it('keeps nothing of a brick that does not fit', async () => {
    const on = await tinyHost(base);
    const brick = randomBrick('all_linear', base.sites, { seed: 1 });
    const broken = { ...brick, blockNorms: { gain: new Float32Array(3), bias: new Float32Array(3) } };
    await expect(on.load('a', broken)).rejects.toMatchObject({ code: 'shape_mismatch' });
    expect(on.poolBytes().used).toBe(0);
  });

  it('waits for the run before it', async () => {
    const on = await tinyHost(base);
    await load(on, 'a', 1);
    const row = maker.row('a', { tokens: 8 });
    const expected = await answerOf(on, row);
    const running = answerOf(on, row);
    const unloaded = on.unload('a');
    const late = answerOf(on, row);
    expect(distance(await running, expected)).toBeLessThan(1e-7);
    await unloaded;
    await expect(late).rejects.toMatchObject({ code: 'brick_not_resident' });
  });
});

it('keeps at most as many compiled variants as allowed, and compiles a dropped one again', async () => {
  const on = await tinyHost(base, { maxVariants: 2 });
  for (const kind of ['lora', 'biases', 'prefix'] as const)
    await on.load(kind, randomBrick(kind, base.sites, { seed: 1 }));
  const rows = ['lora', 'biases', 'prefix', undefined].map((kind) => maker.row(kind));
  const first = [];
  for (const row of rows) first.push(await answerOf(on, row));
  expect(on.variantCount).toBe(2);
  for (const [index, row] of rows.entries())
    expect(distance(await answerOf(on, row), first[index]!)).toBeLessThan(1e-6);
});

it('stops after the calls before, and takes none after', async () => {
  const on = await tinyHost(base);
  const running = on.run([maker.row()]);
  const stopped = on.stop();
  await expect(running).resolves.toBeDefined();
  await stopped;
  await on.stop();
  await expect(on.run([maker.row()])).rejects.toMatchObject({ code: 'overloaded', retryable: true });
});
