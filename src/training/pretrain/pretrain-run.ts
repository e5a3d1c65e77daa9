import { join } from 'node:path';
import { DivergedError } from '../../common/errors.js';
import type { Executor } from '../../engine/executors/executor.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { bert } from '../../models/bert.js';
import { assemble } from '../../models/load.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { makeObjective, objectiveOptions } from '../objectives/table.js';
import { makeOptimizer, optimizerOptions } from '../optim/table.js';
import { makeSchedule, scheduleOptions } from '../schedules/table.js';
import { NO_VIRTUAL_TOKENS, tokenFeeds } from '../step/batch-feeds.js';
import { fusedStep } from '../step/fused-step.js';
import type { RunModel } from '../step/run-model.js';
import { stackRuns } from '../step/stack.js';
import type { Feeds, TrainingStep } from '../step/step.js';
import { TrainingState } from '../step/training-state.js';
import { SPECIAL_TOKENS } from './bert-tokenizer-file.js';
import { loadCheckpoint, type Progress, runFingerprint, saveCheckpoint } from './checkpoint-file.js';
import { initialTensors } from './initial-model.js';
import { type MaskedBatch, MaskedRows } from './masked-rows.js';
import { bertConfigJson, writeModelDirectory } from './model-directory.js';
import { type PreparedCorpus, tokenShares } from './prepare.js';
import type { PretrainOptions, PretrainResult } from './pretrain-options.js';
import type { PretrainConfig } from './sizes.js';
import { wholeModel } from './whole-model.js';
import { wordVectors } from './word-vectors.js';

/** Share of the old average that is kept each step. */
const KEPT = 0.98;
const CHECKPOINT = 'checkpoint.safetensors';

/** One run between its checkpoints: at each moment the state is that after `progress.step` steps. */
export class PretrainRun {
  private readonly schedule: (step: number) => number;
  private readonly totalSteps: number;
  private readonly rows: MaskedRows;
  private readonly path: string;

  private constructor(
    private readonly options: PretrainOptions,
    private readonly corpus: PreparedCorpus,
    private readonly parts: {
      readonly fingerprint: string;
      readonly model: RunModel;
      readonly state: TrainingState;
      readonly step: TrainingStep;
      readonly initial: ReadonlyMap<string, Tensor<'float32'>>;
    },
    private progress: Progress,
  ) {
    const { config, seed } = options;
    this.totalSteps = Math.ceil(options.tokens / meanStepTokens(config));
    this.schedule = makeSchedule(
      scheduleOptions.parse({ name: 'cosine', warmupRatio: config.warmupRatio }),
      this.totalSteps,
    );
    this.path = join(options.out, CHECKPOINT);
    this.rows = new MaskedRows(corpus.texts, {
      seed,
      rows: config.batchRows,
      rowTokens: config.rowTokens,
      share: config.maskedShare,
      special: {
        cls: SPECIAL_TOKENS.indexOf('[CLS]'),
        sep: SPECIAL_TOKENS.indexOf('[SEP]'),
        mask: SPECIAL_TOKENS.indexOf('[MASK]'),
        count: SPECIAL_TOKENS.length,
      },
      vocab: corpus.tokens.length,
    });
  }

  static async open(options: PretrainOptions, corpus: PreparedCorpus, executor: Executor): Promise<PretrainRun> {
    const { config, seed, tokens, out } = options;
    const fingerprint = runFingerprint({ config, seed, tokens }, corpus);
    const saved = await loadCheckpoint(join(out, CHECKPOINT), fingerprint);
    const vocab = corpus.tokens.length;
    const words = saved
      ? tensor('float32', [vocab, config.hidden], new Float32Array(vocab * config.hidden))
      : await wordVectors(executor, corpus.texts, { ...config, vocab, deviation: config.wordDeviation, seed });
    const initial = initialTensors(config, { words, shares: tokenShares(corpus.texts, vocab), seed });
    const model = runModel(config, vocab, initial);
    const optimizer = makeOptimizer(
      optimizerOptions.parse({ name: 'adamw', betas: config.betas, weightDecay: config.weightDecay }),
    );
    const state = new TrainingState(model, optimizer, initial);
    if (saved) state.restore(saved.tensors);
    const trained = model.parameters.map((parameter) => ({ ...parameter, since: 0 }));
    const rule = { optimizer, runs: 1, clips: true, trained };
    const step = await fusedStep({ executor, model, state, rule, from: -1, lowest: -1 });
    options.onEvent({
      type: 'prepared',
      vocab,
      corpusTokens: corpus.texts.reduce((sum, text) => sum + text.length, 0),
      resumedFrom: saved?.progress.step ?? 0,
    });
    const progress = saved?.progress ?? { step: 0, averageLoss: NaN };
    return new PretrainRun(options, corpus, { fingerprint, model, state, step, initial }, progress);
  }

  async train(): Promise<PretrainResult> {
    const { options, totalSteps } = this;
    const clock = { startMs: performance.now(), tokens: 0 };
    while (this.progress.step < totalSteps && !options.signal.aborted) {
      const at = this.progress.step;
      const batch = this.rows.batch(at);
      const learningRate = options.config.learningRate * this.schedule(at + 1);
      const { losses, gradNorms } = await this.parts.step.run({
        parts: [this.feeds(batch)],
        rates: [learningRate],
        maxNorms: [options.config.clipNorm],
        step: at + 1,
      });
      const loss = losses[0] ?? NaN;
      if (!Number.isFinite(loss))
        throw new DivergedError(`pretrain: step ${at + 1}: expected a finite loss, got ${loss}`);
      const { averageLoss } = this.progress;
      this.progress = { step: at + 1, averageLoss: at === 0 ? loss : KEPT * averageLoss + (1 - KEPT) * loss };
      clock.tokens += batch.inputIds.data.length;
      this.report({ loss, gradNorm: gradNorms[0] ?? NaN, learningRate, clock });
      if ((at + 1) % options.checkpointEvery === 0) await this.save();
    }
    await this.save();
    const finished = this.progress.step >= totalSteps;
    if (finished) await this.write();
    return { finished, steps: this.progress.step, averageLoss: this.progress.averageLoss };
  }

  private feeds({ inputIds, positions, targets }: MaskedBatch): Feeds {
    const [rows = 0, length = 0] = inputIds.shape;
    const tokenRows = Array.from({ length: rows }, (_, row) => ({
      inputIds: inputIds.data.subarray(row * length, (row + 1) * length),
    }));
    const ones = new Float32Array(targets.data.length).fill(1);
    return {
      ...tokenFeeds(tokenRows, this.parts.model.base.config, NO_VIRTUAL_TOKENS),
      positions,
      targets,
      row_weight: tensor('float32', targets.shape, ones),
    };
  }

  private report(at: {
    loss: number;
    gradNorm: number;
    learningRate: number;
    clock: { startMs: number; tokens: number };
  }): void {
    const { step, averageLoss } = this.progress;
    const tokensPerSecond = (at.clock.tokens * 1000) / (performance.now() - at.clock.startMs);
    const perStep = meanStepTokens(this.options.config);
    this.options.onEvent({
      type: 'step',
      step,
      totalSteps: this.totalSteps,
      tokens: step * perStep,
      loss: at.loss,
      averageLoss,
      gradNorm: at.gradNorm,
      learningRate: at.learningRate,
      tokensPerSecond,
      secondsLeft: ((this.totalSteps - step) * perStep) / tokensPerSecond,
    });
  }

  private save(): Promise<void> {
    const { state, fingerprint } = this.parts;
    return saveCheckpoint(this.path, state.tensors(), { progress: this.progress, fingerprint });
  }

  private write(): Promise<void> {
    const tensors = new Map([...this.parts.initial, ...this.parts.state.parameters()]);
    return writeModelDirectory(this.options.out, this.options.config, { tokens: this.corpus.tokens, tensors });
  }
}

function meanStepTokens({ batchRows, rowTokens }: PretrainConfig): number {
  return (batchRows * rowTokens.reduce((sum, tokens) => sum + tokens, 0)) / rowTokens.length;
}

function runModel(config: PretrainConfig, vocab: number, initial: ReadonlyMap<string, Tensor<'float32'>>): RunModel {
  const json = bertConfigJson(config, vocab);
  const encoder = bert.parseConfig(json);
  return stackRuns([wholeModel(initial, encoder)], {
    base: assemble(bert, json, encoder, initial),
    task: 'masked_lm',
    objective: makeObjective(objectiveOptions.parse({ name: 'cross_entropy' })),
    dropout: NO_DROPOUT,
  }).model;
}
