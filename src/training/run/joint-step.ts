import { ValidationError } from '../../common/errors.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { Tensor } from '../../engine/tensor.js';
import type { Metrics } from '../events.js';
import { makeObjective } from '../objectives/table.js';
import type { ParameterTensors } from '../parameter.js';
import { makeStep } from '../step/make-step.js';
import { stackRuns, type Stack } from '../step/stack.js';
import type { Feeds, TrainingStep } from '../step/step.js';
import { TrainingState } from '../step/training-state.js';
import { slotName } from '../step/update.js';
import { splitBatch } from './batches.js';
import { collate, type BatchRow } from './collate.js';
import { Evaluation } from './evaluate.js';
import { jointDropoutFeeds, type OwnRows } from './joint-dropout.js';
import { isOnePass, portions } from './portions.js';
import type { Seat } from './run-course.js';
import { maskOf, type RunWorker, type StepDone } from './run-worker.js';

/**
 * Several runs side by side in one program on the shared base. The state of all lives here; `settle` of a run's seat copies
 * its part into the state of its own worker. A run that gets no rows stands still: its rate is 0.
 */
export class JointStep {
  private evaluation: Evaluation | undefined;

  private constructor(
    private readonly executor: Executor,
    readonly workers: readonly RunWorker[],
    private readonly stack: Stack,
    private readonly state: TrainingState,
    private readonly program: TrainingStep,
  ) {}

  /** @throws ValidationError  for less than two runs, or for runs that differ in structure */
  static async create(executor: Executor, workers: readonly RunWorker[]): Promise<JointStep> {
    const [first] = workers;
    if (!first || workers.length < 2) {
      throw new ValidationError(`training: runs of one batch: expected at least two, got ${workers.length}`);
    }
    const { spec, base, objective, labels } = first.run;
    const stack = stackRuns(
      workers.map(({ run }) => run.trainable),
      {
        base,
        task: spec.task,
        objective: makeObjective(objective),
        dropout: spec.dropout,
        layerDecay: spec.layerDecay,
        ...(labels && { labelCounts: workers.map(({ run }) => run.labels?.labels.length ?? 0) }),
      },
    );
    const { optimizer } = first;
    const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
    state.restore(joined(stack, workers));
    const program = await makeStep({
      executor,
      model: stack.model,
      state,
      optimizer,
      clips: workers.some(({ run }) => run.spec.clipNorm !== undefined),
      parts: Math.max(
        ...workers.map(({ run }) => run.spec.accumulation),
        isOnePass(workers.map(({ run }) => run)) ? 1 : 2,
      ),
      checkpoints: spec.gradientCheckpointing,
    });
    return new JointStep(executor, workers, stack, state, program);
  }

  /**
   * The next step of each run that has one.
   *
   * @param steps  number of each run's step, from 0; undefined for a run that stands still
   * @returns      what each did; nothing when a loss or gradient is not finite, and then no run has done anything
   */
  async step(steps: readonly (number | undefined)[]): Promise<(StepDone | undefined)[] | undefined> {
    const rows = this.workers.map(({ plan }, run) => {
      const step = steps[run];
      return step === undefined ? [] : plan.rowsAt(step, run);
    });
    const split = rows.map((own, run) =>
      own.length === 0 ? [] : splitBatch(own, this.workers[run]?.run.spec.accumulation ?? 1),
    );
    const parts = Array.from({ length: Math.max(...split.map(({ length }) => length)) }, (_, part) =>
      portions(split.map((own) => own[part] ?? [])).map((portion) => this.feeds(portion, steps, part)),
    ).flat();
    const rates = this.workers.map(({ plan }, run) => {
      const step = steps[run];
      return step === undefined ? 0 : plan.learningRateAt(step);
    });
    const { losses, gradNorms } = await this.program.run({
      parts,
      rates,
      maxNorms: this.workers.map(({ run }) => run.spec.clipNorm ?? Infinity),
      step: steps.map((step = 0) => step + 1),
    });
    if (![...losses, ...gradNorms].every(Number.isFinite)) return undefined;
    return steps.map((step, run) => {
      if (step === undefined) return undefined;
      const tokens = (rows[run] ?? []).reduce((sum, { example }) => sum + example.tokens, 0);
      return { loss: losses[run] ?? NaN, gradNorm: gradNorms[run] ?? NaN, learningRate: rates[run] ?? 0, tokens };
    });
  }

  /** @param run  the number of a run here */
  seat(run: number): Seat {
    return { settle: () => this.settle(run), evaluate: () => this.evaluate(run) };
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
    await this.evaluation?.dispose();
  }

  private settle(run: number): void {
    const worker = this.workers[run];
    const tensors = this.state.tensors();
    worker?.state.restore(
      new Map(
        prefixes(worker).flatMap((prefix) => {
          const own = this.stack.unstack(withPrefix(tensors, prefix), run);
          return [...own].map(([name, held]) => [prefix + name, held] as const);
        }),
      ),
    );
  }

  private async evaluate(run: number): Promise<Metrics> {
    this.evaluation ??= await Evaluation.create(this.executor, this.stack.model, -1);
    const worker = this.workers[run];
    if (!worker) throw new ValidationError(`training: run: expected one below ${this.workers.length}, got ${run}`);
    return this.evaluation.metrics(this.validationFeeds(worker, run), this.state, worker.run.labels);
  }

  private async *validationFeeds(worker: RunWorker, run: number): AsyncGenerator<Feeds> {
    for (const rows of worker.plan.validationBatches(run)) yield this.collated(rows, () => ['evaluation', 0]);
  }

  private feeds(rows: readonly BatchRow[][], steps: readonly (number | undefined)[], part: number): Feeds {
    const all = rows.flat();
    const feeds = this.collated(all, (run) => [steps[run] ?? 0, part]);
    const [batch = 0, seq = 0] = feeds['input_ids']?.shape ?? [];
    const isPaired = batch > all.length; // the positives of pairs come after all anchors
    const { promptTokens } = this.stack.model.trainable;
    let start = 0;
    const owners = rows.flatMap((own, run): OwnRows[] => {
      const first = start;
      start += own.length;
      if (own.length === 0) return [];
      const places = own.map((_, row) => first + row);
      const lengths = own.flatMap(({ example }) => [
        example,
        ...(isPaired && example.positive ? [example.positive] : []),
      ]);
      return [
        {
          seed: this.workers[run]?.run.spec.seed ?? 0,
          step: steps[run] ?? 0,
          part,
          batch: isPaired ? 2 * own.length : own.length,
          seq: promptTokens + Math.max(...lengths.map(({ inputIds }) => inputIds.length)),
          places: isPaired ? [...places, ...places.map((place) => all.length + place)] : places,
        },
      ];
    });
    return { ...feeds, ...jointDropoutFeeds(this.program.masks, owners, { batch, seq }) };
  }

  private collated(rows: readonly BatchRow[], stream: (run: number) => readonly (string | number)[]): Feeds {
    const { model } = this.stack;
    const [first] = this.workers;
    const outputs = Math.max(...(model.labelCounts ?? [0]));
    return collate(rows, {
      model,
      virtual: model.trainable,
      ...(first && { mask: maskOf(first.run) }),
      stream,
      seeds: this.workers.map(({ run }) => run.spec.seed),
      ...(outputs > 0 && { outputs }),
    });
  }
}

/** Parameters and the optimiser's tensors of all runs, as their workers have them. */
function joined(stack: Stack, workers: readonly RunWorker[]): Map<string, Tensor<'float32'>> {
  return new Map(
    prefixes(workers[0]).flatMap((prefix) => {
      const all = stack.restack(workers.map(({ state }) => withPrefix(state.tensors(), prefix)));
      return [...all].map(([name, held]) => [prefix + name, held] as const);
    }),
  );
}

/** What stands before a parameter's name in the state: its own, and those of the optimiser's slots. */
function prefixes(worker: RunWorker | undefined): string[] {
  return ['p.', ...(worker?.optimizer.slots ?? []).map((slot) => slotName(slot, ''))];
}

/** @returns  by what comes after the prefix */
function withPrefix(tensors: ParameterTensors, prefix: string): ParameterTensors {
  return new Map(
    [...tensors].flatMap(([name, held]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), held] as const] : [],
    ),
  );
}
