import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, NO_CONNECTION, type ApiClient } from './api-client.js';
import type { Surroundings } from './command.js';
import { progressLine, type StepProgress } from './progress-line.js';
import { StatusLine } from './status-line.js';

/** What the commands read of a job. */
export interface JobView {
  readonly id: string;
  readonly status: string;
  readonly created_at: number;
  readonly model: string;
  readonly fine_tuned_model: string | null;
  readonly progress: { readonly step: number; readonly total_steps: number } | null;
  readonly metrics: Readonly<Record<string, unknown>> | null;
  readonly error: { readonly message: string } | null;
}

interface JobEventView {
  readonly id: string;
  readonly message: string;
  readonly type: 'message' | 'metrics';
  readonly data: Readonly<Record<string, unknown>> | null;
}

const RETRY_MS = 1_000;
/** How long the service may be away, as while it starts again. */
const PATIENCE_MS = 120_000;
/** Without a terminal, steps are told of at each tenth. */
const TOLD_PARTS = 10;
const SHOWN_FAULTS = 10;

export const jobPath = (id: string): string => `/v1/fine_tuning/jobs/${encodeURIComponent(id)}`;

/**
 * Shows what happens to a job until it has ended: each event as a line, and steps as a progress bar at the end. A stream that
 * breaks is taken up after the last event that was read.
 *
 * @param patienceMs  how long there may be no connection
 */
export async function followJob(
  client: ApiClient,
  id: string,
  surroundings: Pick<Surroundings, 'error' | 'columns'>,
  patienceMs = PATIENCE_MS,
): Promise<JobView> {
  const status = new StatusLine(surroundings);
  const show = eventPrinter(status);
  let [last, aliveMs] = [undefined as string | undefined, Date.now()];
  try {
    for (;;) {
      try {
        const after = last === undefined ? '' : `&after=${last}`;
        for await (const data of client.stream(`${jobPath(id)}/events?stream=true${after}`)) {
          aliveMs = Date.now();
          if (data === '[DONE]') return (await client.call('GET', jobPath(id))) as JobView;
          const event = JSON.parse(data) as JobEventView;
          last = event.id;
          show(event);
        }
        aliveMs = Date.now();
      } catch (error) {
        if (!isAway(error) || Date.now() - aliveMs > patienceMs) throw error;
        status.show('no connection; trying again');
      }
      await sleep(RETRY_MS);
    }
  } finally {
    status.clear();
  }
}

/** A connection that broke, or a service that stops or starts. */
function isAway(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === NO_CONNECTION || error.status === 503;
  return error instanceof TypeError; // fetch's own, for a body that ends early
}

function eventPrinter(status: StatusLine): (event: JobEventView) => void {
  let told = 0;
  return ({ message, type, data }) => {
    const progress = type === 'metrics' ? stepOf(data ?? {}) : undefined;
    if (progress === undefined) {
      status.print(message);
      for (const fault of faultsOf(data ?? {})) status.print(`  ${fault}`);
      return;
    }
    if (status.columns !== undefined) {
      status.show(progressLine(progress, status.columns - 1));
      return;
    }
    const part = Math.floor((TOLD_PARTS * progress.step) / progress.totalSteps);
    if (part > told) status.print(progressLine(progress, Infinity));
    told = Math.max(told, part);
  };
}

function stepOf(data: Readonly<Record<string, unknown>>): StepProgress | undefined {
  const number = (name: string): number => (typeof data[name] === 'number' ? data[name] : NaN);
  if (Number.isNaN(number('step')) || Number.isNaN(number('total_steps'))) return undefined;
  return {
    step: number('step'),
    totalSteps: number('total_steps'),
    loss: number('train_loss'),
    learningRate: number('learning_rate'),
    tokensPerSecond: number('tokens_per_second'),
    secondsLeft: number('seconds_left'),
  };
}

/** The first faults of the data, where the event brings some. */
function faultsOf(data: Readonly<Record<string, unknown>>): string[] {
  const { first = [] } = (data['faults'] ?? {}) as { first?: readonly Fault[] };
  const shown = first.slice(0, SHOWN_FAULTS).map(({ source, line, column, message }) => {
    return `${source ?? 'data'}, line ${line}, column ${column}: ${message}`;
  });
  const rest = first.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more`] : shown;
}

interface Fault {
  readonly source?: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
