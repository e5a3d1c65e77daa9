import { DivergedError } from '../../common/errors.js';
import type { Tensor } from '../../engine/tensor.js';
import { enlarged } from '../adapt/enlarge.js';
import { afterChange, afterLoss, NO_WINDOWS, windowOf, type Stall } from '../adapt/loss-windows.js';
import { loadCheckpoint, saveCheckpoint, type Progress } from '../checkpoint.js';
import type { Adapted, Metrics, TrainingEvent, TrainingResult } from '../events.js';
import type { ParameterTensors } from '../parameter.js';
import { afterEvaluation, isStale, type BestStep } from './best-step.js';
import { writeResult, type ResultPart } from './result-files.js';
import { madeSquad, squadParts } from './squad-parts.js';
import type { RunWorker, StepDone } from './run-worker.js';

type StepReport = Omit<Extract<TrainingEvent, { type: 'step' }>, 'type'>;
type EvaluationReport = Omit<Extract<TrainingEvent, { type: 'evaluated' }>, 'type'>;

/** Share of the old average of speed that is kept each step. */
const KEPT = 0.9;
const BEST = 'best.';

/** Where a run stands between its steps: what checkpoints hold beside the state, and the best step so far. */
export class RunProgress {
  private secondsPerStep: number | undefined;
  private tokensPerSecond = 0;
  private stalled: Stall | undefined;

  private constructor(
    private readonly worker: RunWorker,
    private readonly directory: string,
    private current: Progress,
    private bestParameters: ParameterTensors | undefined,
  ) {}

  /** From the newest whole checkpoint, whose state is restored, or from the start. */
  static async open(worker: RunWorker, directory: string): Promise<RunProgress> {
    const { fingerprint } = worker.run;
    const found = await loadCheckpoint(directory, fingerprint);
    if (!found) {
      const start = { fingerprint, step: 0, trainedTokens: 0, recentLoss: { sum: 0, steps: 0 } };
      return new RunProgress(worker, directory, start, undefined);
    }
    for (const change of found.progress.adapting?.changes ?? []) await worker.enlarge(change);
    worker.state.restore(found.tensors);
    const best = [...found.tensors].filter(([name]) => name.startsWith(BEST));
    const parameters = best.map(([name, held]) => [name.slice(BEST.length), held as Tensor<'float32'>] as const);
    return new RunProgress(worker, directory, found.progress, best.length > 0 ? new Map(parameters) : undefined);
  }

  /** Steps done. */
  get step(): number {
    return this.current.step;
  }

  get isStale(): boolean {
    return isStale(this.best, this.worker.run.spec.earlyStopping);
  }

  /** The two windows of losses that show a stall with the step just added. */
  get stall(): Stall | undefined {
    return this.stalled;
  }

  add(done: StepDone, seconds: number): void {
    const { step, trainedTokens, recentLoss } = this.current;
    this.watch(done.loss);
    const isNewEpoch = step % this.worker.plan.stepsPerEpoch === 0;
    this.current = {
      ...this.current,
      step: step + 1,
      trainedTokens: trainedTokens + done.tokens,
      recentLoss: isNewEpoch
        ? { sum: done.loss, steps: 1 }
        : { sum: recentLoss.sum + done.loss, steps: recentLoss.steps + 1 },
    };
    const mix = (old: number | undefined, value: number): number =>
      old === undefined ? value : KEPT * old + (1 - KEPT) * value;
    this.tokensPerSecond = mix(
      this.secondsPerStep === undefined ? undefined : this.tokensPerSecond,
      done.tokens / seconds,
    );
    this.secondsPerStep = mix(this.secondsPerStep, seconds);
  }

  /**
   * After a change of what is trained; the best step's parameters are kept in the larger structure too, and evaluations
   * without an improvement are counted anew.
   */
  async enlarge(change: Adapted): Promise<void> {
    await this.worker.enlarge(change);
    if (this.bestParameters) this.bestParameters = enlarged(this.bestParameters, this.worker.initial);
    const { windows = NO_WINDOWS, changes = [] } = this.current.adapting ?? {};
    const { best } = this.current;
    this.current = {
      ...this.current,
      ...(best && { best: { ...best, stale: 0 } }),
      adapting: { windows: afterChange(windows), changes: [...changes, change] },
    };
  }

  report({ loss, gradNorm, learningRate }: StepDone): StepReport {
    const { totalSteps } = this.worker.plan;
    const secondsLeft = (this.secondsPerStep ?? 0) * (totalSteps - this.step);
    return {
      step: this.step,
      totalSteps,
      loss,
      gradNorm,
      learningRate,
      tokensPerSecond: this.tokensPerSecond,
      secondsLeft,
    };
  }

  /** Takes what an evaluation of the state as it is has given. */
  evaluated(metrics: Metrics): EvaluationReport {
    const metric = this.worker.run.spec.earlyStopping?.metric ?? 'loss';
    const minDelta = this.worker.run.spec.earlyStopping?.minDelta ?? 0;
    const best = afterEvaluation(this.best, { metric, minDelta }, { step: this.step, metrics });
    const isBest = best.step === this.step;
    if (isBest) this.bestParameters = this.worker.state.parameters();
    this.current = { ...this.current, best };
    return { step: this.step, metrics, isBest };
  }

  /** @throws DivergedError  when the state is not finite: nothing is written, and the checkpoint before stays the newest */
  async save(): Promise<string> {
    const state = this.worker.state.tensors();
    for (const [name, { data }] of state) {
      if (!data.every(Number.isFinite))
        throw new DivergedError(`training: step ${this.step}: ${name}: expected finite numbers, got others`);
    }
    const best = [...(this.bestParameters ?? [])].map(([name, held]) => [BEST + name, held] as const);
    const tensors = new Map<string, Tensor>([...state, ...best]);
    return saveCheckpoint(this.directory, { progress: this.current, tensors });
  }

  /** The result of a run that was told to stop: its files are the checkpoint. */
  aborted(checkpoint: string): TrainingResult {
    return { ...this.result(checkpoint), stopped: 'aborted' };
  }

  /** Writes the files of the best step, of the last one where nothing was evaluated. */
  async finish(): Promise<TrainingResult> {
    const { worker } = this;
    const last = worker.state.parameters();
    for (const [name, { data }] of last) {
      if (!data.every(Number.isFinite))
        throw new DivergedError(`training: step ${this.step}: ${name}: expected finite numbers, got others`);
    }
    const parameters = this.bestParameters ?? last;
    const { metrics, bestStep } = this.result('');
    const { tasks, labels, trainable } = worker.run;
    if (trainable.squad) {
      const parts = squadParts(worker.run, worker.squadTensors(parameters));
      return this.result(await writeResult(this.directory, parts, worker.run, { metrics, bestStep }));
    }
    const parts: ResultPart[] = [];
    for (const task of tasks ?? []) {
      const files = await worker.taskFiles(parameters, task);
      parts.push({ folder: task.name, files, labels: { labels: task.labels, problem: 'single' } });
    }
    if (!tasks) parts.push({ folder: '', files: await worker.files(parameters), labels });
    return this.result(await writeResult(this.directory, parts, worker.run, { metrics, bestStep }));
  }

  private watch(loss: number): void {
    const { run, plan } = this.worker;
    const { adapt } = run.spec;
    if (!adapt) return;
    const { windows = NO_WINDOWS, changes = [] } = this.current.adapting ?? {};
    const window = adapt.window ?? windowOf(plan.stepsPerEpoch, plan.totalSteps);
    const next = afterLoss(windows, loss, { window, minGain: adapt.minGain });
    this.stalled = next.stall;
    this.current = { ...this.current, adapting: { windows: next.windows, changes } };
  }

  private result(files: string): TrainingResult {
    const { run, plan } = this.worker;
    const { adapting } = this.current;
    return {
      files,
      kind: run.trainable.kind,
      ...(run.tasks && !run.trainable.squad && { tasks: run.tasks.map(({ name }) => name) }),
      ...(run.trainable.squad && { squad: madeSquad(run.trainable.squad) }),
      metrics: this.metrics(),
      steps: this.step,
      bestStep: this.best?.step ?? this.step,
      trainedTokens: this.current.trainedTokens,
      ...(adapting && { adapted: adapting.changes }),
      stopped: this.step < plan.totalSteps && this.isStale ? 'early' : 'finished',
    };
  }

  private get best(): BestStep | undefined {
    const { best } = this.current;
    return best && { ...best, value: best.value ?? NaN };
  }

  private metrics(): Metrics {
    const { sum, steps } = this.current.recentLoss;
    const train: Record<string, number> = steps > 0 ? { train_loss: sum / steps } : {};
    return { ...train, ...this.best?.metrics };
  }
}
