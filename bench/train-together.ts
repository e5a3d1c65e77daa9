import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Executor } from '../src/engine/executors/executor.js';
import { GROUPED_TOKENS } from '../src/jobs/together.js';
import type { BaseModel } from '../src/models/base-model.js';
import { trainingSpec } from '../src/training/hyperparameters.js';
import { withEngine } from '../src/training/loop.js';
import { JointStep } from '../src/training/run/joint-step.js';
import { openRun } from '../src/training/run/open-run.js';
import { RunWorker } from '../src/training/run/run-worker.js';
import { atLeast, type Bench, type Line } from './bench.js';
import { sentence } from './support/load.js';
import { alternate, median, medianRatio } from './support/measure.js';
import { withMiniLm } from './support/temporary.js';

const RUNS = 8;
const ROUNDS = 5;
/** Rows and tokens of each run's step. */
const SIZES = [
  [1, 32],
  [4, 32],
  [4, 64],
  [16, 64],
] as const;

/** Eight adapters in one batch against one after the other, by the size of each one's step. */
export const trainTogether: Bench = {
  name: 'train-together',
  title: 'Adapters trained together',
  method:
    `MiniLM-L6 shape, fp32, ${RUNS} runs of LoRA r = 8 on query and value, AdamW, clipping; one optimiser step of each, side ` +
    `by side in one program against one after the other. Jobs with more than ${GROUPED_TOKENS} tokens a step are not ` +
    `grouped. Processor time, one thread, medians of ${ROUNDS} alternating rounds.`,
  run: () =>
    withMiniLm(async (base, home) => {
      const lines: Line[] = [];
      for (const [rows, tokens] of SIZES) {
        const directory = join(home, `${rows}x${tokens}`);
        await mkdir(directory);
        const size = { base, directory, rows, tokens };
        lines.push(...(await withEngine(directory, 1, (executor) => measure(executor, size))));
      }
      return lines;
    }),
};

interface Case {
  readonly base: string;
  readonly directory: string;
  readonly rows: number;
  readonly tokens: number;
}

async function measure(executor: Executor, { base: baseDirectory, directory, rows, tokens }: Case): Promise<Line[]> {
  const workers: RunWorker[] = [];
  let base: BaseModel | undefined;
  for (let seed = 0; seed < RUNS; seed++) {
    const train = join(directory, `${seed}.jsonl`);
    await writeFile(train, data(rows * 4, tokens, seed));
    const spec = trainingSpec.parse({
      base: baseDirectory,
      task: 'sequence_classification',
      method: { name: 'lora' },
      data: { train },
      batchSize: rows,
      maxTokens: tokens,
      clipNorm: 1,
      maxSteps: 1_000,
      seed,
    });
    const run = await openRun(spec, base);
    base = run.base;
    workers.push(new RunWorker(executor, run));
  }
  const [first] = workers;
  const joint = await JointStep.create(executor, workers);
  let step = 0;
  const costs = await alternate(
    {
      // The runs are alike, so that eight steps of one cost what one step of each does.
      alone: async () => {
        for (let run = 0; run < RUNS; run++) await first?.step(step++);
      },
      together: () => joint.step(workers.map(() => step++)),
    },
    ROUNDS,
  );
  await joint.dispose();
  await first?.dispose();
  const ratio = medianRatio(costs.alone, costs.together, 'cpuMs');
  const ms = median(costs.together.map(({ cpuMs }) => cpuMs)).toFixed(0);
  return [
    {
      what: `${rows}×${tokens} tokens a step of each: one by one over together`,
      value: `${ratio.toFixed(2)} (together ${ms} ms a step of all)`,
      ...(rows * tokens <= GROUPED_TOKENS && { target: atLeast(ratio, 1)! }),
    },
  ];
}

function data(rows: number, tokens: number, seed: number): string {
  return Array.from({ length: rows }, (_, at) => {
    return `${JSON.stringify({ text: sentence(tokens, seed * rows + at), label: `label ${at % 4}` })}\n`;
  }).join('');
}
