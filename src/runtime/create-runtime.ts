import { createEngineHost } from './create-engine-host.js';
import type { EngineSettings } from './engine-settings.js';
import type { Runtime } from './protocol.js';
import { WorkerClient } from './worker-client.js';

export interface RuntimeOptions extends EngineSettings {
  /** `worker` keeps the caller's event loop free; `here` is for tests and tools that compute one thing at a time. */
  readonly place: 'worker' | 'here';
  readonly onExit?: (error: Error | undefined) => void;
}

/** A runtime in a worker thread or in this one. */
export async function createRuntime({ place, onExit, ...settings }: RuntimeOptions): Promise<Runtime> {
  if (place === 'here') return createEngineHost(settings);
  return WorkerClient.start({ input: settings, entry: workerEntry('inference-worker'), ...(onExit && { onExit }) });
}

/**
 * A worker's JavaScript. A worker thread of Node 20 cannot load TypeScript, so code that runs from its sources (tests)
 * uses the built file; `npm run build` comes first there.
 */
export function workerEntry(name: 'inference-worker' | 'import-worker', from: string = import.meta.url): URL {
  return new URL(from.endsWith('.ts') ? `../../dist/runtime/${name}.js` : `./${name}.js`, from);
}
