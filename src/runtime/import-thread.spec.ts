import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { IncompatibleAdapterError } from '../common/errors.js';
import { ImportThread } from './import-thread.js';

/** Answers with the directory and its own number; some directories make it refuse, fail or wait. */
const WORKER = `
const { parentPort, threadId } = require('node:worker_threads');
let last = Promise.resolve();
parentPort.on('message', (call) => (last = last.then(() => (call.type === 'arrow' ? derive(call) : answer(call.directory)))));
const derive = ({ packed, layers }) => parentPort.postMessage({ type: 'done', result: Uint8Array.of(...packed, layers) });
const answer = async (directory) => {
  if (directory === 'crash') throw new Error('out of luck');
  if (directory === 'exit') process.exit(3);
  if (directory === 'slow') await new Promise((resolve) => setTimeout(resolve, 100));
  if (directory === 'bad')
    return parentPort.postMessage({ type: 'refused', error: { kind: 'IncompatibleAdapterError', code: 'incompatible_adapter', message: 'no', details: { param: 'r' } } });
  parentPort.postMessage({ type: 'done', result: { digest: directory, virtualTokens: threadId } });
};`;
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.url)});${WORKER}`)}`,
);

let thread: ImportThread;
function open(idleMs = 10_000): ImportThread {
  return (thread = new ImportThread({ input: { directory: '.', stamp: '' }, entry, idleMs }));
}
afterEach(() => thread.stop());

describe('ImportThread', () => {
  it('answers each import in order, all in one thread', async () => {
    open();
    const imported = await Promise.all(['slow', 'b', 'c'].map((directory) => thread.import(directory)));
    expect(imported.map(({ digest }) => digest)).toEqual(['slow', 'b', 'c']);
    expect(new Set(imported.map(({ virtualTokens }) => virtualTokens)).size).toBe(1);
  });

  it('derives prototypes in the same thread, in turn', async () => {
    open();
    const imported = thread.import('slow');
    expect([...(await thread.arrowGates(Uint8Array.of(7, 8), 2))]).toEqual([7, 8, 2]);
    expect((await imported).digest).toBe('slow');
  });

  it('gives a refusal back as the error it was, and goes on', async () => {
    open();
    const [refused, next] = await Promise.allSettled([thread.import('bad'), thread.import('b')]);
    expect(refused.status === 'rejected' && refused.reason).toBeInstanceOf(IncompatibleAdapterError);
    expect(refused).toMatchObject({ reason: { status: 422, param: 'r' } });
    expect(next.status).toBe('fulfilled');
  });

  it.each(['crash', 'exit'])(
    'fails what it held as retryable when the thread dies (%s); the next starts another',
    async (how) => {
      open();
      const results = await Promise.allSettled([thread.import(how), thread.import('b')]);
      for (const result of results)
        expect(result).toMatchObject({ reason: { status: 503, code: 'import_unavailable' } });
      expect((await thread.import('c')).digest).toBe('c');
    },
  );

  it('ends the thread when it is idle, and starts one anew', async () => {
    open(20);
    const first = await thread.import('a');
    await sleep(150);
    const second = await thread.import('b');
    expect(second.virtualTokens).not.toBe(first.virtualTokens);
  });

  it('fails every import once it is stopped', async () => {
    open();
    const held = thread.import('slow');
    const lost = expect(held).rejects.toMatchObject({ retryable: true });
    await thread.stop();
    await lost;
    await expect(thread.import('a')).rejects.toThrow('it is stopping');
  });
});
