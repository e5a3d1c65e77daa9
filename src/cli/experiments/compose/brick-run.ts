import { trainingSpec } from '../../../training/hyperparameters.js';
import { train } from '../../../training/train.js';
import { LORA, RATE, SHARED } from './settings.js';
import { writeGates } from './gates.js';

/** Trains one adapter under the head that the base has. */
export interface BrickRun {
  readonly kind: 'brick';
  /** Directory of the base with the shared head. */
  readonly base: string;
  readonly train: string;
  readonly validation: string;
  readonly epochs: number;
  readonly seed: number;
  /** Gates are fitted too. */
  readonly isRouted: boolean;
  /** Empty; the run lives here. */
  readonly directory: string;
}

/** The directory of the adapter. */
export async function runBrick({
  base,
  train: rows,
  validation,
  epochs,
  seed,
  isRouted,
  directory,
}: BrickRun): Promise<string> {
  const spec = trainingSpec.parse({
    ...SHARED,
    base,
    task: 'sequence_classification',
    head: 'frozen',
    method: LORA,
    data: { train: rows, validation },
    epochs,
    learningRate: RATE,
    earlyStopping: { metric: 'accuracy', patience: epochs },
    seed,
  });
  const never = new AbortController().signal;
  const { files } = await train(spec, { directory, onEvent: () => undefined, signal: never });
  if (isRouted) await writeGates({ base, adapter: files, train: rows, seed });
  return files;
}
