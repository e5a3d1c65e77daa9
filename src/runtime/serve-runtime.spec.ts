import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { FakeRuntime, fakeBrick } from '../../test/support/fake-runtime.js';
import { OverloadedError } from '../common/errors.js';
import type { CallMessage, WorkerMessage } from './messages.js';
import { serveRuntime } from './serve-runtime.js';

function serve() {
  const { port1: client, port2 } = new MessageChannel();
  const runtime = new FakeRuntime();
  const received: WorkerMessage[] = [];
  const waiting: (() => void)[] = [];
  client.on('message', (message: WorkerMessage) => {
    received.push(message);
    waiting.shift()?.();
  });
  serveRuntime(port2, runtime);
  const send = (message: CallMessage): void => client.postMessage(message);
  const next = async (count: number): Promise<WorkerMessage[]> => {
    while (received.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return received.splice(0, count);
  };
  const closed = new Promise((resolve) => client.once('close', resolve));
  return { runtime, send, next, closed };
}

describe('serveRuntime', () => {
  it('says what base it has, answers calls by number, and closes after stop', async () => {
    const { runtime, send, next, closed } = serve();
    send({ call: 1, name: 'load', args: { id: 'a', brick: fakeBrick() } });
    const row = {
      inputIds: Int32Array.of(5, 6),
      bricks: [{ id: 'a', weight: 1 }],
      heads: ['base'],
      task: { kind: 'sequence' },
    } as const;
    send({ call: 2, name: 'run', args: { rows: [row] } });
    send({ call: 3, name: 'unload', args: { id: 'a' } });
    send({ call: 4, name: 'stop', args: {} });
    const [ready, ...answers] = await next(5);
    expect(ready).toEqual({ type: 'ready', base: runtime.base });
    const byCall = new Map(answers.map((answer) => [(answer as { call: number }).call, answer]));
    expect(byCall.get(1)).toMatchObject({ type: 'answer', result: { bytes: expect.any(Number) as number } });
    expect(byCall.get(2)).toMatchObject({ type: 'answer', result: { rows: [{ shape: [2] }] } });
    await closed;
    expect(runtime.isStopped).toBe(true);
  });

  it('sends a failure back as a refusal and goes on', async () => {
    const { runtime, send, next } = serve();
    runtime.beforeLoad = () => Promise.reject(new OverloadedError('pool is full'));
    send({ call: 1, name: 'load', args: { id: 'a', brick: fakeBrick() } });
    send({ call: 2, name: 'unload', args: { id: 'a' } });
    const [, ...answers] = await next(3);
    expect(answers).toContainEqual(expect.objectContaining({ type: 'answer', call: 2 }));
    const refusal = answers.find(({ type }) => type === 'refusal');
    expect(refusal).toMatchObject({
      call: 1,
      error: { kind: 'OverloadedError', code: 'overloaded', message: 'pool is full' },
    });
    send({ call: 3, name: 'stop', args: {} });
  });
});
