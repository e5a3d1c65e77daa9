import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { readSafetensors } from '../../src/engine/io/safetensors.js';
import type { TrainingEvent, TrainingResult } from '../../src/training/events.js';
import type { TrainingSpec } from '../../src/training/hyperparameters.js';
import { trainTogether } from '../../src/training/train-together.js';
import { runTraining } from './train-kit.js';

/** What came of a run. */
export interface Done {
  readonly outcome: PromiseSettledResult<TrainingResult>;
  readonly events: TrainingEvent[];
  readonly directory: string;
}

/**
 * @param stopAfter  of each run, the step after which it is told to stop
 * @param into       of each run, the directory that it goes on in; new ones by default
 */
export async function together(
  specs: readonly TrainingSpec[],
  { stopAfter = [], into = [] }: { stopAfter?: readonly number[]; into?: readonly string[] } = {},
): Promise<Done[]> {
  const fresh = await Promise.all(specs.map((spec) => newDirectory(spec)));
  const runs = specs.map((spec, at) => {
    const directory = into[at] ?? fresh[at]!;
    const events: TrainingEvent[] = [];
    const stop = new AbortController();
    const onEvent = (event: TrainingEvent) => {
      events.push(event);
      if (event.type === 'step' && event.step === stopAfter[at]) stop.abort();
    };
    return { spec, events, options: { directory, onEvent, signal: stop.signal } };
  });
  const directory = await newDirectory(specs[0]!);
  const { results, ended } = trainTogether(runs, { directory });
  const outcomes = await Promise.allSettled(results);
  await ended;
  expect(await readdir(directory)).toEqual([]);
  return runs.map(({ events, options }, at) => ({ outcome: outcomes[at]!, events, directory: options.directory }));
}

export async function alone(spec: TrainingSpec): Promise<Done> {
  const directory = await newDirectory(spec);
  const { result, events } = await runTraining(spec, directory);
  return { outcome: { status: 'fulfilled', value: result }, events, directory };
}

export function resultOf({ outcome }: Done): TrainingResult {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

const stepsOf = ({ events }: Done) => events.filter((event) => event.type === 'step');

/** Equal steps, metrics and weights within rounding. */
export async function expectAlike(got: Done, expected: Done): Promise<void> {
  const [own, other] = [stepsOf(got), stepsOf(expected).slice(-stepsOf(got).length)];
  expect(own.map(({ step }) => step)).toEqual(other.map(({ step }) => step));
  own.forEach(({ loss, gradNorm, learningRate }, at) => {
    expect(loss).toBeCloseTo(other[at]!.loss, 3);
    expect(Math.abs(gradNorm - other[at]!.gradNorm)).toBeLessThan(1e-6 + 0.05 * other[at]!.gradNorm);
    expect(learningRate).toBe(other[at]!.learningRate);
  });
  const { metrics, files: _files, ...rest } = resultOf(got);
  const { metrics: expectedMetrics, files: _others, ...expectedRest } = resultOf(expected);
  expect(rest).toEqual(expectedRest);
  expect(Object.keys(metrics)).toEqual(Object.keys(expectedMetrics));
  for (const [name, value] of Object.entries(metrics)) expect(value).toBeCloseTo(expectedMetrics[name]!, 2);
  await expectEqualWeights(resultOf(got).files, resultOf(expected).files);
}

/** Beside the run's base. */
function newDirectory({ base }: TrainingSpec): Promise<string> {
  return mkdtemp(join(dirname(base), 'run-'));
}

async function expectEqualWeights(got: string, expected: string): Promise<void> {
  const files = (await readdir(expected)).filter((file) => file.endsWith('.safetensors'));
  expect(files).not.toEqual([]);
  for (const file of files) {
    const read = async (directory: string) => readSafetensors(await readFile(join(directory, file))).tensors;
    const [own, others] = [await read(got), await read(expected)];
    expect([...own.keys()]).toEqual([...others.keys()]);
    for (const [name, held] of own) {
      const [values, wanted] = [held.toTensor(), others.get(name)!.toTensor()];
      expect(values.shape).toEqual(wanted.shape);
      values.data.forEach((value, at) => expect(value).toBeCloseTo(Number(wanted.data[at]), 2));
    }
  }
}
