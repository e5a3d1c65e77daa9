import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeRuntime, fakeAnswer, fakeBrick } from '../../test/support/fake-runtime.js';
import { Metrics } from '../metrics/metrics.js';
import type { BrickRef } from './brick-ref.js';
import { brickBytes } from '../adapters/packed.js';
import { Batcher } from './batcher.js';
import { FairQueue } from './fair-queue.js';
import { Residency } from './residency.js';
import type { Job, Work } from './submission.js';

const size = brickBytes(fakeBrick());
const ref = (id: string): BrickRef => ({ id, objectKey: id, sha256: id, bytes: size });

function work(brick: string | undefined, ids: number[]): Work {
  const bricks = brick === undefined ? [] : [{ id: brick, weight: 1 }];
  return {
    row: { inputIds: Int32Array.from(ids), bricks, heads: [brick ?? 'base'], task: { kind: 'sequence' } },
    bricks: bricks.map(({ id }) => ref(id)),
    tokens: ids.length,
  };
}

function make(options: { pool?: number; maxTokens?: number; maxItems?: number } = {}) {
  const { pool = 100, maxTokens = 64, maxItems = 1000 } = options;
  const runtime = new FakeRuntime();
  const metrics = new Metrics();
  const residency = new Residency({
    capacityBytes: pool * size,
    maxModels: 4,
    runtime,
    metrics,
    fetch: () => Promise.resolve(fakeBrick()),
  });
  const queue = new FairQueue<Job>({ maxItems, maxItemsPerTenant: maxItems });
  const batcher = new Batcher({ runtime, residency, queue, metrics, limits: { maxTokens, maxRows: 8 } });
  const ask = async (brick: string | undefined, ids: number[], tenant = 't', signal?: AbortSignal) =>
    (await batcher.submit(tenant, [work(brick, ids)], { timeoutMs: 5000, signal }))[0];
  const expected = (brick: string | undefined, ids: number[]) => fakeAnswer(work(brick, ids).row, runtime.base, 2);
  return { runtime, residency, queue, batcher, metrics, ask, expected };
}

/** Holds every batch until `open` is called. */
function gate(runtime: FakeRuntime): { open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  runtime.beforeRun = () => opened;
  return { open };
}

describe('Batcher', () => {
  it('batches what arrives together and answers each row as if it were alone', async () => {
    const { runtime, ask, expected } = make();
    const asked: [string | undefined, number[]][] = [
      ['a', [1, 2]],
      ['b', [1, 2]],
      [undefined, [1, 2]],
      ['a', [3, 4]],
    ];
    const answers = await Promise.all(asked.map(([brick, ids]) => ask(brick, ids)));
    expect(answers).toEqual(asked.map(([brick, ids]) => expected(brick, ids)));
    expect(runtime.batches.map((rows) => rows.length)).toEqual([4]);
  });

  it('spreads one request over batches and gives its results in order', async () => {
    const { runtime, batcher, expected } = make();
    const lengths = [3, 40, 4, 41, 5, 3, 3, 3, 3, 3, 3];
    const inputs = lengths.map((length, i) => Array.from({ length }, (_, j) => (i + j) % 90));
    const results = await batcher.submit(
      't',
      inputs.map((ids) => work('a', ids)),
      { timeoutMs: 5000 },
    );
    expect(results).toEqual(inputs.map((ids) => expected('a', ids)));
    expect(runtime.batches.length).toBeGreaterThan(1);
  });

  it('runs ready rows while another row waits for its brick', async () => {
    const { runtime, ask } = make();
    runtime.beforeLoad = (id) => (id === 'cold' ? sleep(50) : Promise.resolve());
    const cold = ask('cold', [1]);
    await ask(undefined, [2]);
    expect(runtime.batches).toHaveLength(1);
    await cold;
    expect(runtime.batches).toHaveLength(2);
  });

  it('serves more bricks than the pool holds, each answer its own', async () => {
    const { runtime, ask, expected } = make({ pool: 3 });
    const asked = Array.from({ length: 60 }, (_, i) => [`b${(i * 7) % 13}`, [i % 90, 1]] as [string, number[]]);
    const answers = await Promise.all(asked.map(([brick, ids], i) => ask(brick, ids, `t${i % 4}`)));
    expect(answers).toEqual(asked.map(([brick, ids]) => expected(brick, ids)));
    expect(runtime.bricks.size).toBeLessThanOrEqual(3);
  });

  it('refuses when the pool is full of what others hold', async () => {
    const { residency, ask } = make({ pool: 1 });
    await residency.pin(ref('pinned'));
    const answers = await Promise.allSettled(['a', 'b', 'c'].map((brick) => ask(brick, [1])));
    expect(answers).toMatchObject([1, 2, 3].map(() => ({ reason: { code: 'overloaded' } })));
  });

  it('refuses a request that the queue cannot hold', async () => {
    const { batcher } = make({ maxItems: 2 });
    const works = [1, 2, 3].map((id) => work(undefined, [id]));
    await expect(batcher.submit('t', works, { timeoutMs: 1000 })).rejects.toMatchObject({ status: 503 });
  });

  it('lets a client that has gone leave the queue, and holds nothing for it', async () => {
    const { runtime, residency, queue, ask } = make({ maxTokens: 4 });
    const { open } = gate(runtime);
    const running = ask('a', [1, 2, 3, 4]);
    await sleep(5);
    const client = new AbortController();
    setMaxListeners(0, client.signal);
    const gone = Array.from({ length: 20 }, () => ask('b', [1, 2, 3, 4], 't', client.signal));
    await sleep(5);
    client.abort();
    for (const answer of gone) await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    expect(queue.size).toBe(0);
    open();
    await running;
    await sleep(5);
    expect(residency.view().every(({ leases }) => leases === 0)).toBe(true);
  });

  it('answers 503 when the time is over, and the batch in flight still ends', async () => {
    const { runtime, batcher, residency } = make();
    const { open } = gate(runtime);
    const late = batcher.submit('t', [work('a', [1])], { timeoutMs: 20 });
    await expect(late).rejects.toMatchObject({ code: 'timeout', status: 503 });
    open();
    await sleep(5);
    expect(residency.view()[0]?.leases).toBe(0);
  });

  it('never drops a brick that a running batch uses', async () => {
    const { runtime, residency, ask } = make({ pool: 2 });
    const { open } = gate(runtime);
    const running = ask('a', [1]);
    await sleep(5);
    expect(await residency.evict('a')).toBe(false);
    open();
    await running;
    expect(await residency.evict('a')).toBe(true);
  });

  it('gives a failing row its own error and its neighbours their answers', async () => {
    const { ask, expected } = make();
    const answers = await Promise.allSettled([ask('a', [1]), ask('b', [999]), ask('c', [2]), ask('a', [3])]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((answers[2] as PromiseFulfilledResult<unknown>).value).toEqual(expected('c', [2]));
  });

  it('does not let one tenant’s flood hold up another for more than the window', async () => {
    const { runtime, ask } = make({ maxTokens: 8 });
    const flood = Array.from({ length: 100 }, () => ask(undefined, [1, 2, 3, 4], 'flood'));
    await sleep(1);
    const before = runtime.batches.length;
    await ask(undefined, [5, 6, 7, 8], 'small');
    expect(runtime.batches.length - before).toBeLessThanOrEqual(6);
    await Promise.all(flood);
  });

  it('hands a full next batch over before the first is done, never a third', async () => {
    const { runtime, ask } = make({ maxTokens: 8 });
    const { open } = gate(runtime);
    const answers = Array.from({ length: 10 }, () => ask(undefined, [1, 2, 3, 4]));
    await sleep(10);
    expect(runtime.batches.map((rows) => rows.length)).toEqual([2, 2]);
    open();
    await Promise.all(answers);
  });

  it('answers what it has accepted before it stops, and refuses what comes later', async () => {
    const { batcher, ask } = make();
    const accepted = ask('a', [1]);
    const drained = batcher.drain(1000);
    await expect(ask('a', [2])).rejects.toThrow('stopping');
    await drained;
    await expect(accepted).resolves.toBeDefined();
  });
});
