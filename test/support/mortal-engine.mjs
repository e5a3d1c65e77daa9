// Loaded into a service before its own code: on SIGUSR2 the inference thread throws an error that nobody catches.
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads';

const channel = new BroadcastChannel('mortal-engine');
channel.unref();
if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('die'));
else if (workerData?.engine) {
  channel.onmessage = () => {
    throw new Error('killed by the test');
  };
}
