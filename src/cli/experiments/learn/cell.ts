import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateStart } from '../../../training/evaluate.js';
import { trainingSpec, type TrainingSpecInput } from '../../../training/hyperparameters.js';
import { train } from '../../../training/train.js';

/** One run and how its result is measured. */
export interface CellRequest {
  readonly spec: TrainingSpecInput;
  /** Rows of masked LM that come before it. */
  readonly adapt?: TrainingSpecInput;
  /** JSONL that only the result is asked of. */
  readonly test: string;
  readonly openedAs?: TrainingSpecInput['method'];
  readonly metric: string;
  /** Empty; checkpoints and results live here. */
  readonly directory: string;
  /** Also measure what the run begins with. */
  readonly measuresStart: boolean;
}

export interface CellResult {
  /** Of the test split. */
  readonly score: number;
  /** The same, before the first step. */
  readonly start: number | undefined;
  /** Of the kept step. */
  readonly validation: number;
  readonly trainedParameters: number;
  /** Processor time of the process up to the end of training; unlike the clock, the same on a busy machine. */
  readonly cpuSeconds: number;
  /** Largest resident memory of the process up to the end of training. */
  readonly peakBytes: number;
  readonly steps: number;
}

/** As a work file keeps it. */
export interface FinishedCell extends CellResult {
  /** Task, method and seed. */
  readonly key: string;
}

/** Trains and measures, in this process. */
export async function runCell(request: CellRequest): Promise<CellResult> {
  const { test, metric, directory, adapt } = request;
  const never = new AbortController().signal;
  let input = request.spec;
  if (adapt) {
    const adapted = await train(trainingSpec.parse(adapt), {
      directory: join(directory, 'adapt'),
      onEvent: () => undefined,
      signal: never,
    });
    input = { ...input, base: adapted.files };
  }
  const spec = trainingSpec.parse(input);
  let trainedParameters = 0;
  const result = await train(spec, {
    directory,
    onEvent: (event) => {
      if (event.type === 'started') ({ trainedParameters } = event);
    },
    signal: never,
  });
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  const peakBytes = await peakMemory();
  const { adapt: _adapts, ...still } = input;
  const asked = { ...still, data: { train: spec.data.train, validation: test } };
  const grown = result.adapted?.at(-1)?.method;
  const opened = { ...asked, initial: result.files, method: request.openedAs ?? grown ?? input.method };
  const score = await evaluateStart(trainingSpec.parse(opened));
  const start = request.measuresStart ? await evaluateStart(trainingSpec.parse(asked)) : undefined;
  return {
    score: score[metric] ?? NaN,
    start: start?.[metric],
    validation: result.metrics[metric] ?? NaN,
    trainedParameters,
    cpuSeconds,
    peakBytes,
    steps: result.steps,
  };
}

/** Largest resident memory of this process. What the kernel hands over from before `exec` would count in `maxRSS`. */
async function peakMemory(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes));
}
