import type { TrainingMetrics } from '../metrics/training-metrics.js';
import type { TrainingEvent } from '../training/events.js';
import type { CheckpointStore } from './checkpoint-store.js';
import type { FineTuningJob, JobProgress } from './fine-tuning-job.entity.js';
import type { JobClaims } from './job-claims.js';
import type { Claim } from './row-claims.js';
import type { NewJobEvent } from './job-events.js';
import type { JobStatus } from './job-status.js';
import { whileAway } from './while-away.js';

const FLUSH_MS = 500;
/** Of all steps, at most about this many become events. */
const STEP_EVENTS = 1_000;
/** While its worker still writes: a paused job gets its last checkpoint, also when it was resumed meanwhile. */
const WRITABLE: readonly JobStatus[] = ['running', 'paused', 'queued'];

type Of<T extends TrainingEvent['type']> = Extract<TrainingEvent, { type: T }>;

export interface RecorderOptions {
  readonly claims: JobClaims;
  readonly claim: Claim;
  readonly checkpoints: CheckpointStore;
  readonly metrics: TrainingMetrics;
  readonly job: FineTuningJob;
  readonly runDirectory: string;
  /** Aborted when the claim is lost: nothing waits for the database any longer. */
  readonly over: AbortSignal;
  /** What could not be written; nothing is recorded after it. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Writes what a run tells: progress and events in batches, checkpoints to the store, in the order they came. Steps that an
 * earlier run of the job has told already are not told again. A checkpoint that a newer one overtakes is left out. While
 * the database is away all of it waits, and the run goes on.
 */
export class RunRecorder {
  private events: NewJobEvent[] = [];
  private progress: JobProgress | null;
  private checkpoint: Of<'checkpoint'> | undefined;
  private readonly toldStep: number;
  private latest: Record<string, number> = {};
  private lastStepAtMs: number | undefined;
  private working: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private hasFailed = false;

  constructor(private readonly options: RecorderOptions) {
    this.progress = options.job.progress;
    this.toldStep = options.job.progress?.step ?? 0;
  }

  /** Takes an event; what follows from it is done soon, in order. */
  take(event: TrainingEvent): void {
    if (event.type === 'started') this.started(event);
    else if (event.type === 'step') this.step(event);
    else if (event.type === 'merged') this.merged(event);
    else if (event.type === 'evaluated') this.evaluated(event);
    else if (event.type === 'advice') this.advice(event);
    else if (event.type === 'adapted') this.adapted(event);
    else if (event.type === 'warning') this.events.push({ level: 'warn', message: event.message });
    else if (event.type === 'checkpoint') this.checkpoint = event;
    if (event.type === 'checkpoint') this.flushSoon();
    else this.timer ??= setTimeout(() => this.flushSoon(), FLUSH_MS);
  }

  /** Everything taken so far is written, or has failed. */
  async close(): Promise<void> {
    this.flushSoon();
    await this.working;
    const { job, metrics } = this.options;
    metrics.forget(`${job.tenantId}/${job.adapterName}`);
  }

  private flushSoon(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.working = this.working.then(() => this.flush());
  }

  private async flush(): Promise<void> {
    if (this.hasFailed) return;
    try {
      const { events } = this;
      this.events = [];
      const { claims, claim, over } = this.options;
      const set = { progress: this.progress };
      if (events.length > 0) await whileAway(() => claims.change(claim, WRITABLE, { set, events }), over);
      await whileAway(() => this.saveNewest(), over);
    } catch (error) {
      this.hasFailed = true;
      this.options.onFailure(error);
    }
  }

  /** Not the one that has waited for the database, when there is a newer one: the run keeps only its last few. */
  private async saveNewest(): Promise<void> {
    const { checkpoint } = this;
    if (checkpoint === undefined) return;
    await this.save(checkpoint);
    if (this.checkpoint === checkpoint) this.checkpoint = undefined;
  }

  private async save({ step, directory }: Of<'checkpoint'>): Promise<void> {
    const { checkpoints, claims, claim, runDirectory, metrics } = this.options;
    const values = Object.fromEntries(
      Object.entries({ step, ...this.latest }).filter(([, value]) => Number.isFinite(value)),
    );
    const saved = await checkpoints.save(claims, claim, {
      step,
      metrics: values,
      directory,
      runDirectory,
      from: WRITABLE,
    });
    metrics.checkpointBytes.observe(saved.bytes);
  }

  /** Of a run that goes on, what was said before is not said again. */
  private advice({ step, message }: Of<'advice'>): void {
    if (step < this.toldStep || (step === 0 && this.options.job.progress !== null)) return;
    this.events.push({ message, data: { step, advisor: true } });
  }

  private adapted({ step, message, method, trainedParameters }: Of<'adapted'>): void {
    if (step < this.toldStep) return;
    const data = { step, advisor: true, method: method.name, rank: method.rank, trained_parameters: trainedParameters };
    this.events.push({ message: `Step ${step}: ${message}`, data });
  }

  private started({ totalSteps, examples, trainedParameters, resumedFrom }: Of<'started'>): void {
    const message =
      resumedFrom > 0
        ? `Training goes on from step ${resumedFrom} of ${totalSteps}`
        : `Training started: ${totalSteps} steps over ${examples} examples, ${trainedParameters} trained parameters`;
    const data = {
      total_steps: totalSteps,
      examples,
      trained_parameters: trainedParameters,
      resumed_from: resumedFrom,
    };
    this.events.push({ message, data });
  }

  private step(event: Of<'step'>): void {
    const { step, totalSteps, loss, gradNorm, learningRate, tokensPerSecond, secondsLeft } = event;
    const nowMs = Date.now();
    const { job, metrics } = this.options;
    const seconds = this.lastStepAtMs === undefined ? undefined : (nowMs - this.lastStepAtMs) / 1000;
    this.lastStepAtMs = nowMs;
    metrics.step(`${job.tenantId}/${job.adapterName}`, { ...event, seconds });
    this.latest = { ...this.latest, train_loss: loss };
    if (step <= this.toldStep) return;
    this.progress = { step, totalSteps, loss, tokensPerSecond, endsAtMs: nowMs + secondsLeft * 1000 };
    const stride = Math.ceil(totalSteps / STEP_EVENTS);
    if (step % stride !== 0 && step !== 1 && step !== totalSteps) return;
    const data = {
      ...{ step, total_steps: totalSteps, train_loss: loss, grad_norm: gradNorm, learning_rate: learningRate },
      ...{ tokens_per_second: tokensPerSecond, seconds_left: secondsLeft },
    };
    this.events.push({
      type: 'metrics',
      message: `Step ${step}/${totalSteps}: training loss=${loss.toFixed(4)}`,
      data,
    });
  }

  private merged({ step, totalSteps, path, error, secondsLeft }: Of<'merged'>): void {
    if (step <= this.toldStep) return;
    this.progress = { step, totalSteps, loss: null, tokensPerSecond: null, endsAtMs: Date.now() + secondsLeft * 1000 };
    const data = { step, total_steps: totalSteps, module: path, error, seconds_left: secondsLeft };
    const distance = `${(100 * error).toPrecision(3)} % from the weighted sum`;
    this.events.push({ type: 'metrics', message: `Step ${step}/${totalSteps}: merged ${path}, ${distance}`, data });
  }

  private evaluated({ step, metrics, isBest }: Of<'evaluated'>): void {
    const validation = Object.entries(metrics).map(([name, value]) => [`valid_${name}`, value] as const);
    this.latest = { ...this.latest, ...Object.fromEntries(validation) };
    if (step <= this.toldStep) return;
    const shown = Object.entries(metrics).map(([name, value]) => `${name}=${value.toFixed(4)}`);
    const message = `Step ${step}: validation ${shown.join(', ')}${isBest ? ' (best so far)' : ''}`;
    this.events.push({ type: 'metrics', message, data: { step, is_best: isBest, ...Object.fromEntries(validation) } });
  }
}
