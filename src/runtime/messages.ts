import type { Brick } from '../adapters/brick.js';
import type { WireError } from './error-wire.js';
import type { EngineSettings } from './engine-settings.js';
import type { BaseDescription, BatchResult, Row } from './protocol.js';

/** What each call sends and gets; `stop` is answered after all calls before it. */
export interface Calls {
  load: { args: { id: string; brick: Brick }; result: { bytes: number } };
  unload: { args: { id: string }; result: undefined };
  run: { args: { rows: readonly Row[] }; result: BatchResult };
  stop: { args: Record<string, never>; result: undefined };
}

export type CallName = keyof Calls;

/** Client to worker. */
export type CallMessage = {
  [N in CallName]: { readonly call: number; readonly name: N; readonly args: Calls[N]['args'] };
}[CallName];

/** Worker to client; `ready` or `failed` comes first, once. */
export type WorkerMessage =
  | { readonly type: 'ready'; readonly base: BaseDescription }
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'answer'; readonly call: number; readonly result: Calls[CallName]['result'] }
  | { readonly type: 'refusal'; readonly call: number; readonly error: WireError };

/** `workerData` of the inference worker. */
export type WorkerInput = EngineSettings;
