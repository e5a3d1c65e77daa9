import { VERBALISER_FILE, writeVerbaliser } from '../../adapters/verbaliser/verbaliser-file.js';
import type { Executor } from '../../engine/executors/executor.js';
import { sizeOf } from '../../engine/tensor.js';
import { enlarged, enlargedSince, type Since } from '../adapt/enlarge.js';
import type { Adapted, Metrics } from '../events.js';
import { dropoutFeeds } from '../graph/dropout.js';
import { makeObjective } from '../objectives/table.js';
import { makeOptimizer } from '../optim/table.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { ParameterTensors } from '../parameter.js';
import { makeStep } from '../step/make-step.js';
import type { StackedParameter } from '../step/run-model.js';
import { stackRuns, type Stack } from '../step/stack.js';
import type { Feeds, TrainingStep } from '../step/step.js';
import { TrainingState } from '../step/training-state.js';
import { usageName } from '../squad/squad-shape.js';
import { writeFiles } from '../step/write-files.js';
import { lowestLayer } from '../trainable.js';
import { splitBatch } from './batches.js';
import { collate, type BatchRow } from './collate.js';
import type { EncodedExample } from './encoded-example.js';
import { Evaluation } from './evaluate.js';
import { headsOf, headTask, taskTrainable, withMethod, type OpenRun } from './open-run.js';
import { RunPlan } from './run-plan.js';
import { Stages } from './stages.js';
import { taskParameters, type RunTask } from './task-heads.js';
import { Teacher } from './teacher.js';
import { CACHE_BYTES, TrunkCache } from './trunk-cache.js';

export interface StepDone {
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Real tokens of the batch. */
  readonly tokens: number;
}

/** The trunk's states that are kept, and the teacher. */
interface Means {
  readonly train: TrunkCache | undefined;
  readonly validation: TrunkCache | undefined;
  readonly teacher: Teacher | undefined;
}

/** What hangs on the method, which a run that adapts changes. */
interface Structure {
  readonly run: OpenRun;
  readonly stack: Stack;
  readonly state: TrainingState;
  /** When parameters began that came with a change. */
  readonly since: ReadonlyMap<string, Since>;
}

/**
 * The compiled parts of a run, each made when it is first needed; its state is that after the last `step`, or what was
 * restored.
 */
export class RunWorker {
  readonly plan: RunPlan;
  readonly optimizer: Optimizer;
  private now: Structure;
  private readonly stages: Stages;
  private compiled: { readonly lowest: number; readonly step: TrainingStep } | undefined;
  private evaluation: Evaluation | undefined;
  private means: Means | undefined;

  constructor(
    private readonly executor: Executor,
    run: OpenRun,
  ) {
    this.plan = new RunPlan(run);
    this.optimizer = makeOptimizer(run.spec.optimizer);
    this.now = structureOf(run, this.optimizer);
    this.stages = new Stages(run.trainable, this.plan.totalSteps);
  }

  /** With the method as it is after the last change. */
  get run(): OpenRun {
    return this.now.run;
  }

  get state(): TrainingState {
    return this.now.state;
  }

  /** What the parameters of the structure as it is begin with, before any step. */
  get initial(): ParameterTensors {
    return this.now.stack.initial;
  }

  private get stack(): Stack {
    return this.now.stack;
  }

  /**
   * Goes on with a larger method after `step` steps. What is trained so far keeps its values and moments, what is new begins
   * as the method starts it, so the answers stay as they are.
   */
  async enlarge({ step, method }: Adapted): Promise<void> {
    await this.dispose();
    const { run, state, stack, since } = this.now;
    const next = structureOf(withMethod(run, method, step), this.optimizer);
    next.state.restore(enlarged(state.tensors(), next.state.tensors()));
    const old = new Map(stack.model.parameters.map((parameter) => [parameter.name, parameter.shape]));
    const sinceOf = ({ name, shape }: StackedParameter): Since => {
      const oldShape = old.get(name);
      return oldShape ? enlargedSince({ shape: oldShape, before: since.get(name) ?? 0 }, shape, step) : step;
    };
    this.now = { ...next, since: new Map(next.stack.model.parameters.map((each) => [each.name, sinceOf(each)])) };
  }

  get trainedParameters(): number {
    return this.run.trainable.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** @param step  from 0; the state must be that before it */
  async step(step: number): Promise<StepDone> {
    const { spec } = this.run;
    const { train } = await this.open();
    const program = await this.programOf(step, train !== undefined);
    const rows = this.plan.rowsAt(step);
    const parts = splitBatch(rows, spec.accumulation);
    const learningRate = this.plan.learningRateAt(step);
    const { losses, gradNorms } = await program.run({
      parts: await Promise.all(parts.map((part, at) => this.feeds(part, train, [step, at], program))),
      rates: [learningRate],
      ...(spec.clipNorm !== undefined && { maxNorms: [spec.clipNorm] }),
      step: step + 1,
    });
    const tokens = rows.reduce((sum, { example }) => sum + example.tokens, 0);
    return { loss: losses[0] ?? NaN, gradNorm: gradNorms[0] ?? NaN, learningRate, tokens };
  }

  /** On the validation data, with the state as it is. */
  async evaluate(): Promise<Metrics> {
    const { executor, stack, run } = this;
    const { validation } = await this.open();
    this.evaluation ??= await Evaluation.create(executor, stack.model, validation ? this.lowest : -1);
    return this.evaluation.metrics(this.validationBatches(validation), this.state, run.labels);
  }

  /** The files of the result with these parameters. */
  async files(parameters: ParameterTensors): Promise<Map<string, Uint8Array>> {
    const { prompt, trainable } = this.run;
    const files = await writeFiles(this.executor, trainable, this.stack.unstack(parameters, 0));
    if (prompt) files.set(VERBALISER_FILE, writeVerbaliser(prompt.verbaliser));
    return files;
  }

  /** All tensors of a squad's run: those parameters, what is not trained, and how the experts were used up to now. */
  squadTensors(parameters: ParameterTensors): ParameterTensors {
    const { trainable } = this.run;
    const usage = (trainable.squad?.places ?? []).map(usageName).flatMap((name) => {
      const held = this.state.tensors().get(name);
      return held ? [[name, held] as const] : [];
    });
    return new Map([...(trainable.frozen ?? []), ...this.stack.unstack(parameters, 0), ...usage]);
  }

  /** The files of each task's adapter: the tensors that all share, and its own head. */
  async taskFiles(parameters: ParameterTensors, task: RunTask): Promise<Map<string, Uint8Array>> {
    const own = taskTrainable(this.run, task);
    return writeFiles(this.executor, own, taskParameters(own, this.stack.unstack(parameters, 0), task));
  }

  /** Gives up what is compiled; the state stays, and the next step compiles again. */
  async dispose(): Promise<void> {
    const { compiled, evaluation, means } = this;
    this.compiled = this.evaluation = this.means = undefined;
    await compiled?.step.dispose();
    await evaluation?.dispose();
    await means?.teacher?.dispose();
    await means?.train?.dispose();
    await means?.validation?.dispose();
  }

  private get lowest(): number {
    return lowestLayer(this.run.trainable.parameters, this.run.base.config.layers);
  }

  private async open(): Promise<Means> {
    if (this.means) return this.means;
    const { executor, run, lowest, stack } = this;
    const { spec, base, train, validation } = run;
    const { task } = spec;
    const bytes = TrunkCache.bytesFor([...train, ...validation], base.config.hidden);
    const isRepeated = spec.maxSteps !== undefined || spec.epochs > 1;
    // Masks of masked_lm change the tokens from step to step.
    const isKept =
      lowest > 0 && spec.cacheTrunk === 'auto' && isRepeated && bytes <= CACHE_BYTES && task !== 'embedding';
    const kept = async (examples: readonly EncodedExample[]): Promise<TrunkCache | undefined> =>
      isKept && task !== 'masked_lm' ? TrunkCache.create(executor, stack.model, lowest, examples) : undefined;
    this.means = {
      train: await kept(train),
      validation: await kept(validation),
      teacher: spec.teacher === undefined ? undefined : await Teacher.open(executor, spec.teacher, run),
    };
    return this.means;
  }

  /** The program of the stage that a step is in. */
  private async programOf(step: number, hasEntry: boolean): Promise<TrainingStep> {
    const lowest = this.stages.lowestAt(step);
    if (this.compiled?.lowest === lowest) return this.compiled.step;
    await this.compiled?.step.dispose();
    const { spec } = this.run;
    const made = await makeStep({
      executor: this.executor,
      model: this.stack.model,
      state: this.state,
      optimizer: this.optimizer,
      clips: spec.clipNorm !== undefined,
      parts: spec.accumulation,
      checkpoints: spec.gradientCheckpointing,
      from: hasEntry ? this.lowest : -1,
      since: (parameter) => this.now.since.get(parameter.name) ?? this.stages.sinceAt(step)(parameter),
    });
    this.compiled = { lowest, step: made };
    return made;
  }

  private async *validationBatches(cache: TrunkCache | undefined): AsyncGenerator<Feeds> {
    for (const rows of this.plan.validationBatches()) yield await this.feeds(rows, cache, ['evaluation', 0]);
  }

  private async feeds(
    rows: readonly BatchRow[],
    cache: TrunkCache | undefined,
    stream: readonly [string | number, number],
    program?: TrainingStep,
  ): Promise<Feeds> {
    const { spec, trainable } = this.run;
    const feeds = collate(rows, {
      model: this.stack.model,
      virtual: trainable,
      mask: maskOf(this.run),
      stream,
      seeds: [spec.seed],
    });
    const [batch = 0, seq = 0] = feeds['input_ids']?.shape ?? [];
    const [step, part] = stream;
    const more: Record<string, Feeds[string]> = {};
    const teacher = this.means?.teacher;
    if (teacher) {
      const own = { promptTokens: trainable.promptTokens, seq };
      more['teacher'] = await teacher.logits(
        rows.map(({ example }) => example),
        own,
      );
    }
    if (cache)
      more['entry'] = await cache.entry(
        rows.map(({ index }) => index),
        seq,
        this.state,
      );
    const masks = program?.masks ?? [];
    const dropped = dropoutFeeds(masks, { seed: spec.seed, step: Number(step), part }, { batch, seq });
    return cache ? withoutTokens({ ...feeds, ...more, ...dropped }) : { ...feeds, ...more, ...dropped };
  }
}

function structureOf(run: OpenRun, optimizer: Optimizer): Structure {
  const { spec, base, trainable, prompt } = run;
  const { dropout, layerDecay } = spec;
  const stack = stackRuns([trainable], {
    ...{ base, task: headTask(run), objective: makeObjective(run.objective), dropout, layerDecay },
    tasks: headsOf(run),
    prompt: prompt && { tokens: prompt.tokens, prior: prompt.verbaliser.prior },
  });
  return {
    run,
    stack,
    state: new TrainingState(stack.model, optimizer, stack.initial, stack.frozen),
    since: new Map(),
  };
}

/** How a run masks tokens, for masked_lm. */
export function maskOf({ spec, base }: OpenRun) {
  return { share: spec.maskedShare, maskId: base.tokenizer.special.mask ?? 0, vocab: base.config.vocab };
}

/** What a program that begins above the embeddings does not read. */
function withoutTokens(feeds: Feeds): Feeds {
  const { input_ids: _ids, position_ids: _positions, token_type_ids: _types, ...rest } = feeds;
  return rest;
}
