import { DivergedError } from '../../common/errors.js';
import { isGrowing, nextChange } from '../adapt/next-change.js';
import type { Metrics, TrainingEvent, TrainingResult } from '../events.js';
import { RunProgress } from './run-progress.js';
import type { RunWorker, StepDone } from './run-worker.js';

export interface CourseOptions {
  /** Checkpoints and the result live here; a run goes on from the newest complete checkpoint. */
  readonly directory: string;
  onEvent(event: TrainingEvent): void;
}

/** Brings a run's own state up to date and evaluates it; a run alone is its own seat. */
export interface Seat {
  /** Before the state is read. */
  settle?(): void;
  evaluate(): Promise<Metrics>;
}

/** Share of the steps after which nothing is changed any more: what is new needs the rest to learn, at a falling rate. */
const LATEST_CHANGE = 2 / 3;

/** One run on its way from its first step to its last, with all that follows from a step but the step itself. */
export class RunCourse {
  private constructor(
    readonly worker: RunWorker,
    private readonly progress: RunProgress,
    private readonly options: CourseOptions,
  ) {}

  /** From the newest whole checkpoint, whose state is restored, or from the start. */
  static async open(worker: RunWorker, options: CourseOptions): Promise<RunCourse> {
    const progress = await RunProgress.open(worker, options.directory);
    options.onEvent({
      type: 'started',
      totalSteps: worker.plan.totalSteps,
      examples: worker.run.train.length,
      trainedParameters: worker.trainedParameters,
      resumedFrom: progress.step,
    });
    return new RunCourse(worker, progress, options);
  }

  /** Steps done. */
  get step(): number {
    return this.progress.step;
  }

  get isDone(): boolean {
    return this.step >= this.worker.plan.totalSteps || this.progress.isStale;
  }

  /**
   * What follows from a step: its event, and an evaluation and a checkpoint when it is time.
   *
   * @throws DivergedError  when loss or gradient is not finite
   */
  async after(done: StepDone, seconds: number, seat: Seat = this.worker): Promise<void> {
    const { worker, progress, options } = this;
    if (!isFinite(done)) {
      const what = Number.isFinite(done.loss) ? `gradient norm ${done.gradNorm}` : `loss ${done.loss}`;
      throw new DivergedError(`training: step ${this.step + 1}: expected a finite loss and gradient, got ${what}`);
    }
    progress.add(done, seconds);
    options.onEvent({ type: 'step', ...progress.report(done) });
    if (worker.plan.isEvaluatedAfter(this.step)) {
      seat.settle?.();
      options.onEvent({ type: 'evaluated', ...progress.evaluated(await seat.evaluate()) });
    }
    if (this.isDone) return;
    await this.adapt();
    if (this.step % worker.run.spec.checkpointEvery !== 0) return;
    seat.settle?.();
    await this.checkpoint();
  }

  /** The result of a run that was told to stop; it leaves a checkpoint. */
  async abort(): Promise<TrainingResult> {
    return this.progress.aborted(await this.checkpoint());
  }

  async finish(): Promise<TrainingResult> {
    const { spec } = this.worker.run;
    const { totalSteps } = this.worker.plan;
    if (this.step < totalSteps) {
      const { metric = 'loss', patience = 0 } = spec.earlyStopping ?? {};
      const message = `ends after step ${this.step} of ${totalSteps}: validation ${metric} has not got better for ${patience} evaluations`;
      this.options.onEvent({ type: 'advice', step: this.step, message });
    }
    return this.progress.finish();
  }

  /** Enlarges what is trained when the loss has stalled and steps enough are left to train it. */
  private async adapt(): Promise<void> {
    const { progress, worker, step } = this;
    const { adapt, method } = worker.run.spec;
    const { stall } = progress;
    if (!adapt || !stall || !isGrowing(method) || step > LATEST_CHANGE * worker.plan.totalSteps) return;
    const change = nextChange(method, adapt);
    if (!change) return;
    await progress.enlarge({ step, method: change.method });
    const message = `the training loss has stalled at ${stall.mean.toFixed(4)} (${stall.before.toFixed(4)} before): ${change.what}`;
    const { trainedParameters } = worker;
    this.options.onEvent({ type: 'adapted', step, message, method: change.method, trainedParameters });
  }

  private async checkpoint(): Promise<string> {
    const saved = await this.progress.save();
    this.options.onEvent({ type: 'checkpoint', step: this.step, directory: saved });
    return saved;
  }
}

function isFinite({ loss, gradNorm }: Pick<StepDone, 'loss' | 'gradNorm'>): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradNorm);
}
