import { describe, expect, it } from 'vitest';
import { ModelError, OverloadedError, ValidationError } from '../common/errors.js';
import type { EngineSettings } from './engine-settings.js';
import type { Row } from './protocol.js';
import { WorkerClient } from './worker-client.js';

/** A worker that speaks the protocol without an engine: `run` answers by the first token of the first row. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const base = { name: workerData.name };
if (workerData.name === 'broken') {
  parentPort.postMessage({ type: 'failed', error: { kind: 'ModelError', code: 'invalid_model', message: 'config.json: expected a file' } });
  parentPort.close();
} else if (workerData.name === 'silent') {
  process.exit(3);
} else {
  let last = Promise.resolve();
  parentPort.on('message', (message) => (last = last.then(() => answer(message))));
  const answer = async ({ call, name, args }) => {
    const token = name === 'run' ? args.rows[0].inputIds[0] : 0;
    if (token === 1) throw new Error('segment lost');
    if (token === 2) return parentPort.postMessage({ type: 'refusal', call, error: { kind: 'ValidationError', code: 'too_long', message: 'row too long' } });
    if (token === 3) await new Promise((resolve) => setTimeout(resolve, 50));
    const data = Float32Array.of(token);
    parentPort.postMessage({ type: 'answer', call, result: name === 'run' ? { rows: [{ shape: [1], data }] } : undefined }, name === 'run' ? [data.buffer] : []);
    if (name === 'stop') parentPort.close();
  };
  parentPort.postMessage({ type: 'ready', base });
}`;
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.url)});${WORKER}`)}`,
);

function start(name = 'tiny', onExit?: (error: Error | undefined) => void): Promise<WorkerClient> {
  const input: EngineSettings = { name, directory: '.', engine: 'auto', precision: 'auto', threads: 1, cacheDir: '.' };
  return WorkerClient.start({ input, entry, ...(onExit && { onExit }) });
}

function rows(token: number): Row[] {
  return [{ inputIds: Int32Array.of(token), bricks: [], heads: ['base'], task: { kind: 'sequence' } }];
}

describe('WorkerClient', () => {
  it('tells the base, answers each call, and stops', async () => {
    const exits: (Error | undefined)[] = [];
    const client = await start('tiny', (error) => exits.push(error));
    expect(client.base.name).toBe('tiny');
    const [slow, quick] = await Promise.all([client.run(rows(3)), client.run(rows(7))]);
    expect([slow.rows[0]!.data[0], quick.rows[0]!.data[0]]).toEqual([3, 7]);
    await client.stop();
    await client.stop();
    expect(exits).toEqual([undefined]);
    await expect(client.run(rows(7))).rejects.toBeInstanceOf(OverloadedError);
  });

  it('lets the calls before a stop finish', async () => {
    const client = await start();
    const running = client.run(rows(3));
    const stopped = client.stop();
    expect((await running).rows[0]!.data[0]).toBe(3);
    await stopped;
  });

  it('gives a refusal back as the error it was, and goes on', async () => {
    const client = await start();
    const refusal: unknown = await client.run(rows(2)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ValidationError);
    expect((refusal as ValidationError).code).toBe('too_long');
    await expect(client.run(rows(9))).resolves.toBeDefined();
    await client.stop();
  });

  it('fails every call in flight as retryable when the thread dies, and says so once', async () => {
    const exits: (Error | undefined)[] = [];
    const client = await start('tiny', (error) => exits.push(error));
    const results = await Promise.allSettled([client.run(rows(1)), client.run(rows(3)), client.run(rows(4))]);
    for (const result of results) {
      expect(result.status).toBe('rejected');
      expect((result as PromiseRejectedResult).reason).toMatchObject({ code: 'engine_unavailable', retryable: true });
    }
    expect(exits.map((error) => error?.message)).toEqual(['segment lost']);
    await expect(client.load('a', { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] })).rejects.toThrow(
      'segment lost',
    );
    await client.stop();
  });

  it('refuses what cannot be sent and goes on', async () => {
    const client = await start();
    const unsendable = [{ ...rows(1)[0]!, task: (() => 0) as never }];
    await expect(client.run(unsendable)).rejects.toThrow('could not be cloned');
    await expect(client.run(rows(9))).resolves.toBeDefined();
    await client.stop();
  });

  it('fails to start with the error of the worker', async () => {
    await expect(start('broken')).rejects.toBeInstanceOf(ModelError);
    await expect(start('silent')).rejects.toThrow('code 3');
  });
});
