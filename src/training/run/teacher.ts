import { readdir } from 'node:fs/promises';
import { fromDirectory } from '../../adapters/files.js';
import { openAdapter } from '../../adapters/open.js';
import { stringsKey } from '../../adapters/config.js';
import { ValidationError } from '../../common/errors.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { Tensor } from '../../engine/tensor.js';
import type { BaseModel } from '../../models/base-model.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { methodOptions, type MethodOptions } from '../methods/options.js';
import { openMethod } from '../methods/table.js';
import { makeObjective } from '../objectives/table.js';
import { makeOptimizer, optimizerOptions } from '../optim/table.js';
import { Random } from '../../common/random.js';
import { tokenFeeds, type TokenRow } from '../step/batch-feeds.js';
import { compileOutputs, type OutputsProgram } from '../step/outputs-program.js';
import { stackRuns } from '../step/stack.js';
import { TrainingState } from '../step/training-state.js';
import type { Trainable } from '../trainable.js';
import { layOut } from './lay-out-logits.js';
import type { OpenRun } from './open-run.js';

/** The method that reads files of a type. */
const METHOD_OF: Readonly<Record<string, MethodOptions['name']>> = {
  LORA: 'lora',
  IA3: 'ia3',
  PREFIX_TUNING: 'prefix',
  PROMPT_TUNING: 'prompt',
  P_TUNING: 'p_tuning',
  bottleneck: 'bottleneck',
};

/** A model with nothing beside it. */
const BARE: Trainable = {
  kind: 'base',
  parameters: [],
  numbers: new Map(),
  promptTokens: 0,
  prefixTokens: 0,
  place: () => ({}),
  files: () => new Map(),
};

interface Opened {
  readonly base: BaseModel;
  readonly trainable: Trainable;
  /** In the order of its outputs, where it says so. */
  readonly labels: readonly string[] | undefined;
}

/** A model whose logits are learned from; it is not trained. */
export class Teacher {
  private constructor(
    private readonly program: OutputsProgram,
    private readonly state: TrainingState,
    private readonly opened: Opened,
    /** The teacher's output for each label of the run. */
    private readonly columns: readonly number[],
  ) {}

  /**
   * @param directory  of an adapter on the run's base, or of a model: the base itself, or a base-sized version
   * @throws ValidationError  for a task or problem without such logits, a method that is no adapter, another vocabulary, or
   *   a label that the teacher has not
   */
  static async open(executor: Executor, directory: string, run: OpenRun): Promise<Teacher> {
    const { spec, labels } = run;
    if (labels?.problem !== 'single') {
      const got = labels ? `problem ${labels.problem}` : spec.task;
      throw new ValidationError(`distillation: expected one label of a row or token to learn, got ${got}`);
    }
    const opened = await openTeacher(directory, run);
    const { base, trainable } = opened;
    const columns = columnsOf(labels.labels, opened.labels);
    const objective = makeObjective(run.objective);
    const stack = stackRuns([trainable], { base, task: spec.task, objective, dropout: NO_DROPOUT });
    const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'sgd' }));
    const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
    return new Teacher(await compileOutputs(executor, stack.model), state, opened, columns);
  }

  /**
   * The logits in the run's order of labels, at the places that the run's own rows have.
   *
   * @param own  virtual tokens of the run, and the length of its rows with them
   * @returns    [batch, labels], or [batch, seq, labels]
   */
  async logits(
    rows: readonly TokenRow[],
    own: { readonly promptTokens: number; readonly seq: number },
  ): Promise<Tensor<'float32'>> {
    const { base, trainable } = this.opened;
    const logits = await this.program.run(tokenFeeds(rows, base.config, trainable), this.state);
    const outputs = logits.shape.at(-1) ?? 0;
    const missing = this.columns.find((column) => column >= outputs);
    if (missing !== undefined || (this.opened.labels === undefined && outputs !== this.columns.length)) {
      throw new ValidationError(`teacher: expected ${this.columns.length} labels as the run has, got ${outputs}`);
    }
    return layOut(logits, this.columns, { from: trainable.promptTokens, to: own.promptTokens, seq: own.seq });
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }
}

async function openTeacher(directory: string, run: OpenRun): Promise<Opened> {
  if ((await readdir(directory)).includes('adapter_config.json')) return openAdapterTeacher(directory, run);
  const base = await loadBaseModel(directorySource(directory));
  const { vocabSize } = run.base.tokenizer;
  if (base.tokenizer.vocabSize !== vocabSize) {
    const got = base.tokenizer.vocabSize;
    throw new ValidationError(`teacher: expected the base's vocabulary of ${vocabSize} tokens, got one of ${got}`);
  }
  return { base, trainable: BARE, labels: base.labels?.labels };
}

async function openAdapterTeacher(directory: string, { base, spec, labels }: OpenRun): Promise<Opened> {
  const files = await fromDirectory(directory);
  const { type, card } = openAdapter(files);
  const name = METHOD_OF[type];
  if (!name) throw new ValidationError(`teacher: expected one of ${Object.keys(METHOD_OF).join(', ')}, got ${type}`);
  const context = { base, task: spec.task, ...(labels && { labels }), random: Random.stream(spec.seed, 'teacher') };
  const trainable = openMethod(files, methodOptions.parse({ name }), context);
  return { base, trainable, labels: card?.has('labels') ? stringsKey(card, 'labels') : undefined };
}

function columnsOf(labels: readonly string[], teachers: readonly string[] = labels): number[] {
  return labels.map((label) => {
    const at = teachers.indexOf(label);
    if (at >= 0) return at;
    throw new ValidationError(`teacher: expected the label ${label} as the run has it, got ${teachers.join(', ')}`);
  });
}
