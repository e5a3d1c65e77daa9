import { parentPort, workerData } from 'node:worker_threads';
import { createEngineHost } from './create-engine-host.js';
import { toWireError } from './error-wire.js';
import type { WorkerInput } from './messages.js';
import { serveRuntime } from './serve-runtime.js';
import { ENGINE_NICENESS, lowerThreadPriority } from './thread-priority.js';

/**
 * Entry of the inference worker thread. It never exits while the engine runs: terminating a thread inside ONNX Runtime
 * aborts the whole process, so it ends by `stop` alone, after the call in flight.
 */
if (!parentPort) throw new Error('inference-worker: expected to run in a worker thread');
const port = parentPort;
lowerThreadPriority(ENGINE_NICENESS); // before ONNX Runtime starts its threads, which take it over
try {
  serveRuntime(port, await createEngineHost(workerData as WorkerInput));
} catch (error) {
  port.postMessage({ type: 'failed', error: toWireError(error) });
  port.close();
}
