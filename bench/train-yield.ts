import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Line } from './bench.js';
import { MINILM } from './support/base-directory.js';
import { sentence } from './support/load.js';
import { loraFiles } from './support/lora-files.js';
import { median, quantile } from './support/measure.js';
import { RunningService } from './support/running-service.js';
import { withMiniLm } from './support/temporary.js';

const ADAPTERS = 8;
const TOKENS = 64;
const EVERY_MS = 80;
const REQUESTS = 150;
const ROUNDS = 4;
const SHAPE = { layers: MINILM.layers, hidden: MINILM.hidden, rank: 8, labels: 10 };

/** What a training job costs those who wait for answers. */
export const trainYield: Bench = {
  name: 'train-yield',
  title: 'Serving while a job trains',
  method:
    `MiniLM-L6 shape, ${ADAPTERS} LoRA adapters r = 8, one text of about ${TOKENS} tokens every ${EVERY_MS} ms, timed from ` +
    `when it was due; the job trains a LoRA on all linear layers, 16 rows of 64 tokens a step, and is paused between the ` +
    `phases. The budget (TRAINING_YIELD_MS) is twice the 95th percentile without training. ${ROUNDS} alternating rounds of ` +
    `${REQUESTS} requests, medians over rounds.`,
  run: () => withMiniLm(measure),
};

interface Phase {
  readonly times: number[];
  readonly stepsPerSecond: number;
}

async function measure(directory: string): Promise<Line[]> {
  const free = await Trainee.start(directory, 0);
  const alone = await free.serve();
  const budgetMs = Math.max(10, Math.ceil(2 * quantile(alone.times, 0.95)));
  const governed = await Trainee.start(directory, budgetMs);
  const phases = { none: [] as Phase[], free: [] as Phase[], governed: [] as Phase[] };
  for (let round = 0; round < ROUNDS; round++) {
    phases.none.push(await free.serve());
    phases.free.push(await free.whileTraining(() => free.serve()));
    phases.governed.push(await governed.whileTraining(() => governed.serve()));
  }
  const idle = await free.whileTraining(() => free.watch());
  await free.stop();
  await governed.stop();
  const at = (of: readonly Phase[], q: number): number => median(of.map(({ times }) => quantile(times, q)));
  const shown = (of: readonly Phase[]): string =>
    `p50 ${at(of, 0.5).toFixed(1)} ms, p95 ${at(of, 0.95).toFixed(1)} ms, p99 ${at(of, 0.99).toFixed(1)} ms`;
  const over = (of: readonly Phase[], q: number): string =>
    median(of.map(({ times }, round) => quantile(times, q) / quantile(phases.none[round]!.times, q))).toFixed(2);
  const pace = (of: readonly Phase[]): string =>
    (median(of.map(({ stepsPerSecond }) => stepsPerSecond)) / idle.stepsPerSecond).toFixed(2);
  return [
    { what: 'no training', value: shown(phases.none) },
    { what: 'training without a budget', value: shown(phases.free) },
    { what: `training with a budget of ${budgetMs} ms`, value: shown(phases.governed) },
    {
      what: 'without a budget over no training, p50 and p99',
      value: `${over(phases.free, 0.5)}, ${over(phases.free, 0.99)}`,
    },
    {
      what: 'with it over no training, p50 and p99',
      value: `${over(phases.governed, 0.5)}, ${over(phases.governed, 0.99)}`,
    },
    {
      what: "training's pace over that beside an idle service: without a budget, with it",
      value: `${pace(phases.free)}, ${pace(phases.governed)}`,
    },
  ];
}

/** A service with adapters to ask and a job to resume. */
class Trainee {
  private constructor(
    private readonly service: RunningService,
    private readonly job: string,
  ) {}

  static async start(directory: string, yieldMs: number): Promise<Trainee> {
    const service = await RunningService.start({
      BASE_MODEL: directory,
      DEFAULT_TENANT: 'true',
      ENGINE: 'onnx-cpu',
      TRAINING_YIELD_MS: String(yieldMs),
    });
    for (let i = 0; i < ADAPTERS; i++) await service.import(`adapter-${i}`, loraFiles(SHAPE, i));
    const { id } = await service.call('POST', '/v1/fine_tuning/jobs', {
      model: 'base',
      training_file: await service.upload(data()),
      task: 'sequence_classification',
      dataset: { near_duplicates: 'keep' },
      adapter: { method: 'lora', targets: ['query', 'key', 'value', 'attention_output', 'ffn_up', 'ffn_down'] },
      hyperparameters: { max_steps: 100_000, batch_size: 16, max_tokens: 64 },
    });
    const trainee = new Trainee(service, String(id));
    await trainee.until('running');
    await trainee.change('pause');
    for (let i = 0; i < 3 * ADAPTERS; i++) await service.classify(`adapter-${i % ADAPTERS}`, sentence(TOKENS, i));
    return trainee;
  }

  async whileTraining(work: () => Promise<Phase>): Promise<Phase> {
    await this.change('resume');
    const before = await this.steps();
    while ((await this.steps()) < before + 3) await sleep(200); // compiled, and under way
    const phase = await work();
    await this.change('pause');
    return phase;
  }

  async serve(): Promise<Phase> {
    const [before, startMs] = [await this.steps(), performance.now()];
    const times = Array.from({ length: REQUESTS }, async (_, i) => {
      const dueMs = startMs + i * EVERY_MS;
      await sleep(dueMs - performance.now());
      await this.service.classify(`adapter-${i % ADAPTERS}`, sentence(TOKENS, i));
      return performance.now() - dueMs;
    });
    return { times: await Promise.all(times), stepsPerSecond: await this.pace(before, startMs) };
  }

  /** The pace of training beside a service that nobody asks. */
  async watch(): Promise<Phase> {
    const [before, startMs] = [await this.steps(), performance.now()];
    await sleep(REQUESTS * EVERY_MS);
    return { times: [], stepsPerSecond: await this.pace(before, startMs) };
  }

  stop(): Promise<void> {
    return this.service.stop();
  }

  private async pace(before: number, startMs: number): Promise<number> {
    return (1000 * ((await this.steps()) - before)) / (performance.now() - startMs);
  }

  private steps(): Promise<number> {
    return this.service.metric('tessera_training_steps_total');
  }

  private async change(action: 'pause' | 'resume'): Promise<void> {
    await this.service.call('POST', `/v1/fine_tuning/jobs/${this.job}/${action}`);
    if (action === 'pause') await sleep(3_000); // its checkpoint is stored, its process gone
  }

  private async until(status: string): Promise<void> {
    while ((await this.service.call('GET', `/v1/fine_tuning/jobs/${this.job}`))['status'] !== status) await sleep(200);
  }
}

function data(): string {
  return Array.from({ length: 400 }, (_, at) => {
    return `${JSON.stringify({ text: `${sentence(TOKENS, at)} ${at}`, label: `label ${at % 4}` })}\n`;
  }).join('');
}
