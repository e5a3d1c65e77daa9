import { OverloadedError, ValidationError } from '../common/errors.js';
import type { Executor } from '../engine/executors/executor.js';
import type { BaseModel } from '../models/base-model.js';
import type { TrainingResult } from './events.js';
import type { TrainingSpec } from './hyperparameters.js';
import { withEngine, type TrainingOptions } from './loop.js';
import { JointStep } from './run/joint-step.js';
import { openRun } from './run/open-run.js';
import { RunCourse, type Seat } from './run/run-course.js';
import { RunWorker } from './run/run-worker.js';
import { aloneBecause, togetherKey } from './together-key.js';

export interface TogetherRun {
  readonly spec: TrainingSpec;
  readonly options: TrainingOptions;
}

export interface Together {
  /** What comes of each run, as soon as its own end is reached; see `train` for the errors. */
  readonly results: readonly Promise<TrainingResult>[];
  /** Resolves when all have ended and nothing is left of the engine. */
  readonly ended: Promise<void>;
}

export interface TogetherOptions {
  /** For the engine's own files; it outlives every run's. */
  readonly directory: string;
  /** Resolves when the next step of all may begin, which it may at once when this is absent. */
  turn?(): Promise<void>;
}

/**
 * Trains several runs of equal `togetherKey` in one batch on one base, each as `train` would alone: with its own data,
 * schedule, evaluations, checkpoints and end, and with equal numbers within rounding. Checkpoints are those of a run alone,
 * so a run may go on in any company or in none. One that ends, is aborted or fails leaves, and the rest go on. What goes
 * wrong with the program that they share is no run's fault: OverloadedError `joint_training_failed` (retryable) for all.
 *
 * @throws ValidationError  for runs of unequal keys
 */
export function trainTogether(runs: readonly TogetherRun[], options: TogetherOptions): Together {
  const [key, ...others] = runs.map(({ spec }) => togetherKey(spec));
  if (key === undefined || others.some((other) => other !== key)) {
    const reason = runs.map(({ spec }) => aloneBecause(spec)).find((found) => found !== undefined);
    const got = reason === undefined ? 'others' : `one that trains alone: ${reason}`;
    throw new ValidationError(`training: runs of one batch: expected runs that fit together, got ${got}`);
  }
  const members = runs.map((run) => new Member(run));
  const { threads = 1 } = runs[0]?.spec ?? {};
  const ended = withEngine(options.directory, threads, (executor) => new Company(executor, members, options).train());
  return {
    results: members.map(({ result }) => result),
    ended: ended.catch((cause: unknown) => members.forEach((member) => member.fail(jointFailure(cause)))),
  };
}

function jointFailure(cause: unknown): OverloadedError {
  return new OverloadedError('training: runs of one batch: expected a step of all, got an error', {
    code: 'joint_training_failed',
    cause,
  });
}

/** One run of several: waiting → under way → ended. */
class Member {
  readonly result: Promise<TrainingResult>;
  course: RunCourse | undefined;
  hasFailed = false;
  private hasEnded = false;
  private resolve!: (result: TrainingResult) => void;
  private reject!: (error: unknown) => void;

  constructor(readonly run: TogetherRun) {
    this.result = new Promise((resolve, reject) => ([this.resolve, this.reject] = [resolve, reject]));
  }

  get isUnderWay(): boolean {
    return this.course !== undefined && !this.hasEnded;
  }

  fail(error: unknown): void {
    this.hasEnded = this.hasFailed = true;
    this.reject(error);
  }

  /** Does something for this run; what it throws ends this run alone. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends a run that is done or was told to stop. */
  async endIfDue(seat: Seat): Promise<void> {
    const { course, run } = this;
    if (!course || !(course.isDone || run.options.signal.aborted)) return;
    await this.attempt(async () => {
      seat.settle?.();
      const result = course.isDone ? await course.finish() : await course.abort();
      if (result.stopped !== 'aborted') run.options.onEvent({ type: 'finished', result });
      this.hasEnded = true;
      this.resolve(result);
    });
  }
}

/** The runs that are under way, and the program that they share while there are several. */
class Company {
  private joint: JointStep | undefined;
  private seated: Member[] = [];

  constructor(
    private readonly executor: Executor,
    private readonly members: readonly Member[],
    private readonly options: TogetherOptions,
  ) {}

  async train(): Promise<void> {
    try {
      await this.open();
      for (;;) {
        await this.options.turn?.();
        for (const member of this.underWay) await member.endIfDue(this.seatOf(member));
        if (this.underWay.length === 0) return;
        await this.seat();
        await (this.joint ? this.stepTogether(this.joint) : this.stepAlone());
      }
    } finally {
      await this.joint?.dispose();
      for (const { course } of this.members) await course?.worker.dispose();
    }
  }

  private get underWay(): Member[] {
    return this.members.filter(({ isUnderWay }) => isUnderWay);
  }

  private async open(): Promise<void> {
    let base: BaseModel | undefined;
    for (const member of this.members) {
      await member.attempt(async () => {
        const run = await openRun(member.run.spec, base);
        base = run.base;
        member.course = await RunCourse.open(new RunWorker(this.executor, run), member.run.options);
      });
    }
  }

  /**
   * Runs that have left stand still in the program until half of it is empty, since to compile costs more than they do; one
   * that failed goes at once, for its numbers may be none.
   */
  private async seat(): Promise<void> {
    const { underWay, seated } = this;
    const isFitting = 2 * underWay.length > seated.length && !seated.some(({ hasFailed }) => hasFailed);
    if (isFitting && seated.length > 0) return;
    for (const member of underWay) this.seatOf(member).settle?.();
    await this.joint?.dispose();
    this.joint = undefined;
    const workers = underWay.flatMap(({ course }) => (course ? [course.worker] : []));
    if (workers.length > 1) this.joint = await JointStep.create(this.executor, workers);
    this.seated = underWay;
  }

  private seatOf(member: Member): Seat {
    const at = this.seated.indexOf(member);
    if (this.joint && at >= 0) return this.joint.seat(at);
    return member.course!.worker;
  }

  private async stepTogether(joint: JointStep): Promise<void> {
    const started = performance.now();
    const done = await joint.step(this.seated.map(({ course, isUnderWay }) => (isUnderWay ? course?.step : undefined)));
    if (!done) return this.stepApart();
    const seconds = (performance.now() - started) / 1000;
    for (const [at, member] of this.seated.entries()) {
      const own = done[at];
      if (own) await member.attempt(async () => member.course?.after(own, seconds, joint.seat(at)));
    }
  }

  /** Some run's numbers are not finite, which may reach those of others. Each does this step alone, and shows whose. */
  private async stepApart(): Promise<void> {
    for (const member of this.underWay) this.seatOf(member).settle?.();
    await this.joint?.dispose();
    this.joint = undefined;
    this.seated = [];
    await this.stepAlone();
    for (const { course } of this.members) await course?.worker.dispose();
  }

  private async stepAlone(): Promise<void> {
    for (const member of this.underWay) {
      await member.attempt(async () => {
        const { course } = member;
        const started = performance.now();
        const done = await course?.worker.step(course.step);
        if (done) await course?.after(done, (performance.now() - started) / 1000);
      });
    }
  }
}
