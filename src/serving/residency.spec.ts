import { describe, expect, it } from 'vitest';
import { FakeRuntime, fakeBrick } from '../../test/support/fake-runtime.js';
import { Metrics } from '../metrics/metrics.js';
import type { BrickRef } from './brick-ref.js';
import { brickBytes } from '../adapters/packed.js';
import { Residency } from './residency.js';

const size = brickBytes(fakeBrick());
const ref = (id: string): BrickRef => ({ id, objectKey: id, sha256: id, bytes: size });

function make(bricks: number, fetch = (_: BrickRef) => Promise.resolve(fakeBrick())) {
  const runtime = new FakeRuntime();
  const metrics = new Metrics();
  const fetched: string[] = [];
  const residency = new Residency({
    capacityBytes: bricks * size,
    maxModels: 4,
    runtime,
    metrics,
    fetch: (asked) => {
      fetched.push(asked.id);
      return fetch(asked);
    },
  });
  const touch = async (id: string): Promise<void> => (await residency.acquire([ref(id)])).release();
  return { residency, runtime, metrics, fetched, touch };
}

describe('Residency', () => {
  it('drops the least recently used brick first and counts its bytes', async () => {
    const { residency, runtime, touch } = make(2);
    for (const id of ['a', 'b', 'a', 'c']) await touch(id);
    expect([...runtime.bricks.keys()].sort()).toEqual(['a', 'c']);
    expect(residency.bytes).toBe(2 * size);
  });

  it('loads once for callers that ask while it loads', async () => {
    const { residency, runtime, fetched } = make(2);
    const leases = await Promise.all([1, 2, 3].map(() => residency.acquire([ref('a')])));
    expect([fetched, runtime.calls]).toEqual([['a'], ['load a']]);
    expect(residency.view()[0]?.leases).toBe(3);
    leases.forEach((lease) => lease.release());
    expect(residency.view()[0]?.leases).toBe(0);
  });

  it('never drops a leased brick, and refuses when all are leased', async () => {
    const { residency, runtime } = make(2);
    const held = await residency.acquire([ref('a'), ref('b')]);
    await expect(residency.acquire([ref('c')])).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    expect([...runtime.bricks.keys()]).toEqual(['a', 'b']);
    held.release();
    await residency.acquire([ref('c')]);
    expect([...runtime.bricks.keys()]).toEqual(['b', 'c']);
  });

  it('holds so many whole models at one time, in no room of the pool, and drops the least recently used', async () => {
    const { residency, runtime, touch } = make(1);
    const model = (id: string): BrickRef => ({ ...ref(id), isModel: true });
    const use = async (id: string): Promise<void> => (await residency.acquire([model(id)])).release();
    await touch('brick');
    for (const id of ['a', 'b', 'c', 'd', 'a', 'e']) {
      await use(id);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect([...runtime.bricks.keys()].sort()).toEqual(['a', 'brick', 'c', 'd', 'e']);
    expect(residency.models).toEqual({ held: 4, capacity: 4 });
    expect(residency.bytes).toBe(size);

    const held = await Promise.all(['a', 'c', 'd', 'e'].map((id) => residency.acquire([model(id)])));
    await expect(residency.acquire([model('f')])).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    await touch('other');
    expect([...runtime.bricks.keys()].sort()).toEqual(['a', 'c', 'd', 'e', 'other']);
    held.forEach((lease) => lease.release());
    await use('f');
    expect([runtime.bricks.has('f'), residency.models.held]).toEqual([true, 4]);
  });

  it('never drops a pinned brick until it is unpinned', async () => {
    const { residency, runtime, touch } = make(2);
    await residency.pin(ref('a'));
    for (const id of ['b', 'c']) await touch(id);
    expect([...runtime.bricks.keys()]).toEqual(['a', 'c']);
    expect(await residency.evict('a')).toBe(false);
    residency.unpin('a');
    expect(await residency.evict('a')).toBe(true);
    expect(runtime.bricks.has('a')).toBe(false);
  });

  it('leaves a brick absent after a failed load, and gives its bytes back', async () => {
    let fails = true;
    const { residency, runtime, touch } = make(2);
    runtime.beforeLoad = () => (fails ? Promise.reject(new Error('broken')) : Promise.resolve());
    await expect(touch('a')).rejects.toThrow('broken');
    expect([residency.bytes, residency.view()]).toEqual([0, []]);
    fails = false;
    await touch('a');
    expect(residency.bytes).toBe(size);
  });

  it('releases what it already held when one brick of a row fails', async () => {
    const { residency } = make(2, (asked) =>
      asked.id === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(fakeBrick()),
    );
    await expect(residency.acquire([ref('a'), ref('bad')])).rejects.toThrow('broken');
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(residency.view().map(({ id, leases }) => [id, leases])).toEqual([['a', 0]]);
  });

  it('drops more when the pool of one site group is full', async () => {
    const runtime = new FakeRuntime({ capacityBytes: 2 * size });
    const residency = new Residency({
      capacityBytes: 10 * size,
      maxModels: 4,
      runtime,
      metrics: new Metrics(),
      fetch: () => Promise.resolve(fakeBrick()),
    });
    for (const id of ['a', 'b', 'c']) (await residency.acquire([ref(id)])).release();
    expect([...runtime.bricks.keys()]).toEqual(['b', 'c']);
    expect(residency.bytes).toBe(2 * size);
  });

  it('stays within its size under concurrent traffic over more bricks than fit', async () => {
    const { residency, runtime } = make(4);
    const most: number[] = [];
    const visit = async (i: number): Promise<void> => {
      const lease = await residency.acquire([ref(`b${i % 17}`)]).catch(() => undefined);
      most.push(runtime.bytes);
      expect(lease === undefined || runtime.bricks.has(`b${i % 17}`)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, i % 3));
      lease?.release();
    };
    await Promise.all(Array.from({ length: 300 }, (_, i) => visit(i * 7)));
    expect(Math.max(...most)).toBeLessThanOrEqual(4 * size);
    expect(residency.view().every(({ leases }) => leases === 0)).toBe(true);
  });

  it('takes every brick as absent when the engine is lost, and loads the pinned ones again', async () => {
    const { residency, runtime, fetched, touch } = make(4);
    await residency.pin(ref('a'));
    await touch('b');
    const lease = await residency.acquire([ref('c')]);
    runtime.bricks.clear();
    residency.forget();
    expect([residency.bytes, residency.view()]).toEqual([0, []]);
    lease.release();
    await residency.restore();
    await touch('b');
    expect(residency.view().map(({ id, leases, isPinned }) => [id, leases, isPinned])).toEqual([
      ['a', 0, true],
      ['b', 0, false],
    ]);
    expect([[...runtime.bricks.keys()], fetched]).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c', 'a', 'b'],
    ]);
    expect(residency.bytes).toBe(2 * size);
  });

  it('gives no lease on what was loaded before the engine was lost, and counts none of it', async () => {
    let arrive = (): void => undefined;
    const slow = new Promise<void>((resolve) => (arrive = resolve));
    const { residency, touch } = make(4, async ({ id }) => {
      if (id === 'slow') await slow;
      return fakeBrick();
    });
    await touch('a');
    const both = residency.acquire([ref('a'), ref('slow')]);
    const lost = expect(both).rejects.toMatchObject({ code: 'engine_unavailable', retryable: true });
    residency.forget();
    await touch('a');
    arrive();
    await lost;
    expect(residency.view().map(({ id, leases }) => [id, leases])).toEqual([['a', 0]]);
    expect(residency.bytes).toBe(size);
  });

  it('sums the pages of a row', async () => {
    const { residency } = make(9, () => Promise.resolve(fakeBrick({ pages: 2 })));
    expect((await residency.acquire([ref('a'), ref('b')])).pages).toBe(4);
  });
});
