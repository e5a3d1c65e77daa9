import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Brick } from '../../src/adapters/brick.js';
import { createEngineHost } from '../../src/runtime/create-engine-host.js';
import { createRuntime } from '../../src/runtime/create-runtime.js';
import type { EngineSettings } from '../../src/runtime/engine-settings.js';
import type { Row, Runtime } from '../../src/runtime/protocol.js';
import ensureBuilt from '../support/build.js';
import { randomBrick } from '../support/random-brick.js';
import { SeededRandom } from '../support/seeded-random.js';
import { distance } from '../support/tiny-host.js';
import { loadTinyModel, writeTinyModel } from '../support/tiny-model.js';

const model = {
  modelType: 'bert',
  task: 'sequence',
  hidden: 96,
  heads: 4,
  ffn: 384,
  positions: 128,
  layers: 4,
} as const;
let folder: string;
let settings: EngineSettings;
let brick: Brick;
const random = new SeededRandom(3);

beforeAll(async () => {
  await ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'tessera-worker-'));
  await writeTinyModel(join(folder, 'base'), model);
  const engine = { engine: 'onnx-cpu', precision: 'fp32', threads: 1 } as const;
  settings = { name: 'tiny', directory: join(folder, 'base'), cacheDir: join(folder, 'cache'), ...engine };
  brick = randomBrick('lora', (await loadTinyModel(model)).sites, { seed: 1, labels: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

function row(bricks: string[] = [], tokens = 20): Row {
  const inputIds = random.integers(tokens, 5, 40);
  const weighted = bricks.map((id) => ({ id, weight: 1 }));
  return { inputIds, bricks: weighted, heads: [bricks[0] ?? 'base'], task: { kind: 'sequence' } };
}

const inWorker = (onExit?: (error: Error | undefined) => void): Promise<Runtime> =>
  createRuntime({ ...settings, place: 'worker', ...(onExit && { onExit }) });

describe('the inference worker', () => {
  it('answers as the engine in this thread does', async () => {
    const [worker, here] = [await inWorker(), await createEngineHost(settings)];
    expect(worker.base).toEqual(here.base);
    const { bytes } = await worker.load('a', brick);
    expect(await here.load('a', brick)).toEqual({ bytes });
    const rows = [row(['a']), row(), row(['a'], 7)];
    const [far, near] = [await worker.run(rows), await here.run(rows)];
    for (const [index, { data, shape }] of far.rows.entries()) {
      expect(shape).toEqual(near.rows[index]!.shape);
      expect(distance(data, near.rows[index]!.data)).toBeLessThan(1e-6);
    }
    await Promise.all([worker.stop(), here.stop()]);
  });

  it('leaves the caller its arrays, and reads shared ones', async () => {
    const worker = await inWorker();
    const one = row(['a']);
    await worker.load('a', brick);
    const { rows } = await worker.run([one]);
    expect([one.inputIds.length, brick.lowRank.query!.a.length > 0]).toEqual([20, true]);
    await worker.load('b', onSharedMemory(brick));
    const again = await worker.run([{ ...one, bricks: [{ id: 'b', weight: 1 }], heads: ['b'] }]);
    expect(distance(again.rows[0]!.data, rows[0]!.data)).toBeLessThan(1e-6);
    await worker.stop();
  });

  it('gives its errors back with their codes', async () => {
    const worker = await inWorker();
    await expect(worker.run([row(['gone'])])).rejects.toMatchObject({ status: 404, code: 'brick_not_resident' });
    await expect(worker.run([row([], 500)])).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
    await worker.stop();
  });

  it('does not start on a directory that is no model', async () => {
    const wrong = { ...settings, directory: join(folder, 'nothing'), place: 'worker' as const };
    await expect(createRuntime(wrong)).rejects.toMatchObject({ code: 'invalid_model' });
  });

  it('stops in the middle of work after the batches before, and the process lives on', async () => {
    const exits: (Error | undefined)[] = [];
    const worker = await inWorker((error) => exits.push(error));
    const rows = Array.from({ length: 16 }, () => row([], 100));
    const running = [worker.run(rows), worker.run(rows), worker.run(rows)];
    await worker.stop();
    for (const result of await Promise.all(running)) expect(result.rows).toHaveLength(16);
    expect(exits).toEqual([undefined]);
    await expect(worker.run([row()])).rejects.toMatchObject({ retryable: true });
  });

  it.runIf(process.platform === 'linux')(
    'gives way to the caller on full cores, with all threads of the engine',
    async () => {
      const nicer = async (): Promise<number> => {
        const threads = await readdir('/proc/self/task');
        return threads.filter((id) => getPriority(Number(id)) > getPriority(process.pid)).length;
      };
      const before = await nicer();
      const worker = await createRuntime({ ...settings, threads: 2, place: 'worker' });
      expect(await nicer()).toBeGreaterThanOrEqual(before + 2);
      await worker.stop();
    },
  );

  it('leaves the event loop of the caller free while it computes', async () => {
    const worker = await inWorker();
    const rows = Array.from({ length: 32 }, () => row([], 120));
    await worker.run(rows);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let engineMs = 0;
    for (let times = 0; times < 5; times++) engineMs += (await worker.run(rows)).timings.engineMs;
    delay.disable();
    expect(delay.mean / 1e6).toBeLessThan(engineMs / 5); // a batch on this thread would delay by its whole length
    await worker.stop();
  });
});

/** The same brick with every array of its pages and head in shared memory. */
function onSharedMemory<T>(value: T): T {
  if (value instanceof Float32Array) {
    const shared = new Float32Array(new SharedArrayBuffer(value.byteLength));
    shared.set(value);
    return shared as T;
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(onSharedMemory) as T;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, onSharedMemory(part as unknown)])) as T;
}
