import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingEvent, TrainingResult } from '../../src/training/events.js';
import type { TrainingSpec } from '../../src/training/hyperparameters.js';
import { train } from '../../src/training/train.js';

/** What came of a run in this process. */
export interface Run {
  readonly result: TrainingResult;
  readonly events: TrainingEvent[];
  readonly directory: string;
}

/** @param stopAfter  the step after which the run is told to stop */
export async function runTraining(spec: TrainingSpec, directory: string, stopAfter?: number): Promise<Run> {
  const events: TrainingEvent[] = [];
  const stop = new AbortController();
  const onEvent = (event: TrainingEvent) => {
    events.push(event);
    if (event.type === 'step' && event.step === stopAfter) stop.abort();
  };
  const result = await train(spec, { directory, onEvent, signal: stop.signal });
  return { result, events, directory };
}

export function eventsOf<T extends TrainingEvent['type']>({ events }: Pick<Run, 'events'>, type: T) {
  return events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
}

export const lossesOf = (run: Pick<Run, 'events'>): number[] => eventsOf(run, 'step').map(({ loss }) => loss);

export const weightsOf = ({ result }: Pick<Run, 'result'>): Promise<Buffer> =>
  readFile(join(result.files, 'adapter_model.safetensors'));
