import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LabelBudget } from './label-budget.js';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const WAITS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];
const BYTES = [1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** One step of a run, as its metrics show it. */
export interface StepReading {
  /** Steps done, from 1. */
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
  /** Of the step itself; undefined for the first of a run. */
  readonly seconds: number | undefined;
}

/** What is shown of each run while it runs. */
const SHOWN = {
  step: ['training_step', 'Optimiser steps that a running job has done'],
  totalSteps: ['training_planned_steps', 'Optimiser steps that a running job will have done at its end'],
  loss: ['training_loss', 'Loss of the latest step'],
  learningRate: ['training_learning_rate', 'Learning rate of the latest step'],
  tokensPerSecond: ['training_tokens_per_second', 'Tokens a second, a moving average over steps'],
  secondsLeft: ['training_seconds_left', 'Time that the remaining steps take at the present speed'],
} as const;
type Shown = keyof typeof SHOWN;

/** Metrics of background jobs. A run is labelled by its adapter, as `tenant/name`, within a label budget. */
export class TrainingMetrics {
  readonly jobs: Gauge<'status'>;
  readonly queueSeconds: Histogram;
  readonly runFailures: Counter<'code'>;
  readonly checkpointBytes: Histogram;
  readonly groupRuns: Histogram;
  readonly held: Gauge;
  readonly heldSeconds: Counter;
  private readonly stepSeconds: Histogram;
  private readonly steps: Counter;
  private readonly shown: readonly (readonly [Shown, Gauge<'adapter'>])[];
  private readonly adapters: LabelBudget;
  /** The label of each run that shows something. */
  private readonly labels = new Map<string, string>();

  constructor(registry: Registry, options: { labelBudget?: number } = {}) {
    const common = (name: string, help: string) => ({ name: `tessera_${name}`, help, registers: [registry] });
    this.jobs = new Gauge({ ...common('fine_tuning_jobs', 'Fine-tuning jobs'), labelNames: ['status'] });
    this.queueSeconds = new Histogram({
      ...common('fine_tuning_queue_seconds', 'Time of a job from its data being ready to its first run'),
      buckets: WAITS,
    });
    this.runFailures = new Counter({
      ...common('training_run_failures_total', 'Runs that ended without a result, by reason'),
      labelNames: ['code'],
    });
    this.checkpointBytes = new Histogram({
      ...common('training_checkpoint_bytes', 'Bytes of a stored checkpoint'),
      buckets: BYTES,
    });
    this.groupRuns = new Histogram({
      ...common('training_group_runs', 'Runs that begin in one process together'),
      buckets: [2, 4, 8, 16, 32],
    });
    this.held = new Gauge(common('training_held', '1 while steps are held up for serving'));
    this.heldSeconds = new Counter(common('training_held_seconds_total', 'Time that steps were held up for serving'));
    this.stepSeconds = new Histogram({ ...common('training_step_seconds', 'Time of one step'), buckets: SECONDS });
    this.steps = new Counter(common('training_steps_total', 'Optimiser steps'));
    this.shown = (Object.keys(SHOWN) as Shown[]).map((key) => {
      const [name, help] = SHOWN[key];
      return [key, new Gauge({ ...common(name, help), labelNames: ['adapter'] })];
    });
    this.adapters = new LabelBudget(options.labelBudget ?? 100, (adapter) => this.forget(adapter));
  }

  step(adapter: string, reading: StepReading): void {
    const label = this.adapters.label(adapter);
    if (this.labels.get(adapter) !== label) this.forget(adapter);
    this.labels.set(adapter, label);
    this.steps.inc();
    for (const [key, gauge] of this.shown) gauge.set({ adapter: label }, reading[key]);
    if (reading.seconds !== undefined) this.stepSeconds.observe(reading.seconds);
  }

  /** After a run: what it showed last is no longer so, unless another shows itself under the same label. */
  forget(adapter: string): void {
    const label = this.labels.get(adapter);
    this.labels.delete(adapter);
    if (label === undefined || [...this.labels.values()].includes(label)) return;
    for (const [, gauge] of this.shown) gauge.remove({ adapter: label });
  }
}
