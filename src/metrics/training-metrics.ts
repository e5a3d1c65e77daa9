import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LabelBudget } from './label-budget.js';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const WAITS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];
const BYTES = [1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** One step of a run, as its metrics show it. */
export interface StepReading {
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly seconds: number | undefined;
}

/** Metrics of background jobs. A run is labelled by its adapter, as `tenant/name`, within a label budget. */
export class TrainingMetrics {
  readonly jobs: Gauge<'status'>;
  readonly queueSeconds: Histogram;
  readonly runFailures: Counter<'code'>;
  readonly checkpointBytes: Histogram;
  private readonly stepSeconds: Histogram;
  private readonly steps: Counter;
  private readonly loss: Gauge<'adapter'>;
  private readonly tokens: Gauge<'adapter'>;
  private readonly adapters: LabelBudget;

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
    this.stepSeconds = new Histogram({ ...common('training_step_seconds', 'Time of one step'), buckets: SECONDS });
    this.steps = new Counter(common('training_steps_total', 'Optimiser steps'));
    this.loss = new Gauge({ ...common('training_loss', 'Loss of the latest step'), labelNames: ['adapter'] });
    this.tokens = new Gauge({
      ...common('training_tokens_per_second', 'Tokens a second of the latest step'),
      labelNames: ['adapter'],
    });
    this.adapters = new LabelBudget(options.labelBudget ?? 100, (adapter) => this.forget(adapter));
  }

  step(adapter: string, { loss, tokensPerSecond, seconds }: StepReading): void {
    const label = { adapter: this.adapters.label(adapter) };
    this.steps.inc();
    this.loss.set(label, loss);
    this.tokens.set(label, tokensPerSecond);
    if (seconds !== undefined) this.stepSeconds.observe(seconds);
  }

  /** After a run: what it showed last is no longer so. */
  forget(adapter: string): void {
    this.loss.remove({ adapter });
    this.tokens.remove({ adapter });
  }
}
