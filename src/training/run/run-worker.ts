import type { Executor } from '../../engine/executors/executor.js';
import { sizeOf } from '../../engine/tensor.js';
import type { Metrics } from '../events.js';
import { dropoutFeeds } from '../graph/dropout.js';
import { makeObjective } from '../objectives/table.js';
import { makeOptimizer } from '../optim/table.js';
import type { Optimizer } from '../optim/optimizer.js';
import { makeSchedule } from '../schedules/table.js';
import type { Schedule } from '../schedules/schedule.js';
import type { ParameterTensors } from '../parameter.js';
import { makeStep } from '../step/make-step.js';
import { stackRuns, type Stack } from '../step/stack.js';
import type { Feeds, TrainingStep } from '../step/step.js';
import { TrainingState } from '../step/training-state.js';
import { writeFiles } from '../step/write-files.js';
import { lowestLayer } from '../trainable.js';
import { Batches, splitBatch } from './batches.js';
import { collate, type BatchRow } from './collate.js';
import type { EncodedExample } from './encoded-example.js';
import { Evaluation } from './evaluate.js';
import type { OpenRun } from './open-run.js';
import { Stages } from './stages.js';
import { Teacher } from './teacher.js';
import { CACHE_BYTES, TrunkCache } from './trunk-cache.js';

export interface StepDone {
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Real tokens of the batch. */
  readonly tokens: number;
}

const EVALUATION_ROWS = 32;

/** One set of rows with the trunk's states that are kept for it. */
interface Data {
  readonly examples: readonly EncodedExample[];
  readonly cache: TrunkCache | undefined;
}

/** The compiled parts of a run; its state is that after the last `step`, or what was restored. */
export class RunWorker {
  readonly totalSteps: number;
  readonly state: TrainingState;
  private readonly batches: Batches;
  private readonly schedule: Schedule;
  private readonly stages: Stages;
  private compiled: { readonly lowest: number; readonly step: TrainingStep } | undefined;
  private readonly optimizer: Optimizer;
  private evaluation: Evaluation | undefined;

  private constructor(
    private readonly executor: Executor,
    readonly run: OpenRun,
    private readonly stack: Stack,
    private readonly data: { readonly train: Data; readonly validation: Data },
    private readonly teacher: Teacher | undefined,
  ) {
    const { spec, train, trainable } = run;
    this.optimizer = makeOptimizer(spec.optimizer);
    this.state = new TrainingState(stack.model, this.optimizer, stack.initial, stack.frozen);
    this.batches = new Batches({
      seed: spec.seed,
      batchSize: spec.batchSize,
      lengths: train.map(({ tokens }) => tokens),
    });
    this.totalSteps = spec.maxSteps ?? Math.max(1, Math.ceil(spec.epochs * this.batches.perEpoch));
    this.schedule = makeSchedule(spec.schedule, this.totalSteps);
    this.stages = new Stages(trainable, this.totalSteps);
  }

  static async create(executor: Executor, run: OpenRun): Promise<RunWorker> {
    const { spec, base, trainable, train, validation } = run;
    const objective = makeObjective(run.objective);
    const { task, dropout, layerDecay } = spec;
    const stack = stackRuns([trainable], { base, task, objective, dropout, layerDecay });
    const lowest = lowestLayer(trainable.parameters, base.config.layers);
    const bytes = TrunkCache.bytesFor([...train, ...validation], base.config.hidden);
    const isRepeated = spec.maxSteps !== undefined || spec.epochs > 1;
    const caches =
      lowest > 0 && spec.cacheTrunk === 'auto' && isRepeated && bytes <= CACHE_BYTES && task !== 'embedding';
    // Masks of masked_lm change the tokens from step to step.
    const kept = async (examples: readonly EncodedExample[]): Promise<Data> => ({
      examples,
      cache:
        caches && task !== 'masked_lm' ? await TrunkCache.create(executor, stack.model, lowest, examples) : undefined,
    });
    const data = { train: await kept(train), validation: await kept(validation) };
    const teacher = spec.teacher === undefined ? undefined : await Teacher.open(executor, spec.teacher, run);
    return new RunWorker(executor, run, stack, data, teacher);
  }

  get trainedParameters(): number {
    return this.run.trainable.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  get stepsPerEpoch(): number {
    return this.batches.perEpoch;
  }

  /** @param step  from 0; the state must be that before it */
  async step(step: number): Promise<StepDone> {
    const { spec } = this.run;
    const program = await this.programOf(step);
    const numbers = this.batches.at(step);
    const rows = numbers.map((index): BatchRow => ({
      example: this.run.train[index] as EncodedExample,
      index,
      run: 0,
    }));
    const parts = splitBatch(rows, spec.accumulation);
    const learningRate = spec.learningRate * this.schedule(step);
    const { losses, gradNorms } = await program.run({
      parts: await Promise.all(parts.map((part, at) => this.feeds(part, this.data.train, [step, at], program))),
      rates: [learningRate],
      ...(spec.clipNorm !== undefined && { maxNorms: [spec.clipNorm] }),
      step: step + 1,
    });
    const tokens = rows.reduce((sum, { example }) => sum + example.tokens, 0);
    return { loss: losses[0] ?? NaN, gradNorm: gradNorms[0] ?? NaN, learningRate, tokens };
  }

  isEvaluatedAfter(step: number): boolean {
    if (this.run.validation.length === 0) return false;
    return step % (this.run.spec.evaluateEvery ?? this.stepsPerEpoch) === 0 || step === this.totalSteps;
  }

  /** On the validation data, with the state as it is. */
  async evaluate(): Promise<Metrics> {
    const { executor, stack, run } = this;
    this.evaluation ??= await Evaluation.create(executor, stack.model, this.data.validation.cache ? this.lowest : -1);
    return this.evaluation.metrics(this.validationBatches(), this.state, run.labels);
  }

  /** The files of the result with these parameters. */
  files(parameters: ParameterTensors): Promise<Map<string, Uint8Array>> {
    return writeFiles(this.executor, this.run.trainable, this.stack.unstack(parameters, 0));
  }

  async dispose(): Promise<void> {
    await this.compiled?.step.dispose();
    await this.evaluation?.dispose();
    await this.teacher?.dispose();
    await this.data.train.cache?.dispose();
    await this.data.validation.cache?.dispose();
  }

  private get lowest(): number {
    return lowestLayer(this.run.trainable.parameters, this.run.base.config.layers);
  }

  /** The program of the stage that a step is in. */
  private async programOf(step: number): Promise<TrainingStep> {
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
      from: this.data.train.cache ? this.lowest : -1,
      since: this.stages.sinceAt(step),
    });
    this.compiled = { lowest, step: made };
    return made;
  }

  private async *validationBatches(): AsyncGenerator<Feeds> {
    const rows = this.run.validation.map((example, index): BatchRow => ({ example, index, run: 0 }));
    rows.sort((a, b) => a.example.tokens - b.example.tokens || a.index - b.index);
    for (let at = 0; at < rows.length; at += EVALUATION_ROWS)
      yield await this.feeds(rows.slice(at, at + EVALUATION_ROWS), this.data.validation, ['evaluation', 0]);
  }

  private async feeds(
    rows: readonly BatchRow[],
    { cache }: Data,
    stream: readonly [string | number, number],
    program?: TrainingStep,
  ): Promise<Feeds> {
    const { spec, base, trainable } = this.run;
    const mask = { share: spec.maskedShare, maskId: base.tokenizer.special.mask ?? 0, vocab: base.config.vocab };
    const feeds = collate(rows, {
      model: this.stack.model,
      virtual: trainable,
      mask,
      stream,
      seeds: [spec.seed],
    });
    const [batch = 0, seq = 0] = feeds['input_ids']?.shape ?? [];
    const [step, part] = stream;
    const more: Record<string, Feeds[string]> = {};
    if (this.teacher) {
      const own = { promptTokens: trainable.promptTokens, seq };
      more['teacher'] = await this.teacher.logits(
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

/** What a program that begins above the embeddings does not read. */
function withoutTokens(feeds: Feeds): Feeds {
  const { input_ids: _ids, position_ids: _positions, token_type_ids: _types, ...rest } = feeds;
  return rest;
}
