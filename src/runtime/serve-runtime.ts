import type { MessagePort } from 'node:worker_threads';
import { toWireError } from './error-wire.js';
import type { CallMessage, WorkerMessage } from './messages.js';
import type { BatchResult, Runtime } from './protocol.js';

/** Answers a client's calls on `port` with a runtime of this thread until `stop`, then closes the port. */
export function serveRuntime(port: MessagePort, runtime: Runtime): void {
  const send = (message: WorkerMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer as ArrayBuffer[]);
  port.on('message', (message: CallMessage) => {
    perform(runtime, message).then(
      (result) => {
        send(
          { type: 'answer', call: message.call, result },
          message.name === 'run' ? buffersOf(result as BatchResult) : [],
        );
        if (message.name === 'stop') port.close();
      },
      (error: unknown) => send({ type: 'refusal', call: message.call, error: toWireError(error) }),
    );
  });
  send({ type: 'ready', base: runtime.base });
}

async function perform(runtime: Runtime, message: CallMessage): Promise<BatchResult | { bytes: number } | undefined> {
  switch (message.name) {
    case 'load':
      return runtime.load(message.args.id, message.args.brick);
    case 'run':
      return runtime.run(message.args.rows);
    case 'unload':
      await runtime.unload(message.args.id);
      return undefined;
    case 'stop':
      await runtime.stop();
      return undefined;
  }
}

/** Results own their memory, so it moves to the client without a copy. */
function buffersOf({ rows }: BatchResult): ArrayBuffer[] {
  return [...new Set(rows.map(({ data }) => data.buffer as ArrayBuffer))];
}
