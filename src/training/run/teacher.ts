import { ValidationError } from '../../common/errors.js';
import { fromDirectory } from '../../adapters/files.js';
import { identifyAdapter } from '../../adapters/open.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { Tensor } from '../../engine/tensor.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { methodOptions, type MethodOptions } from '../methods/options.js';
import { openMethod } from '../methods/table.js';
import { makeObjective } from '../objectives/table.js';
import { makeOptimizer, optimizerOptions } from '../optim/table.js';
import { Random } from '../random.js';
import { tokenFeeds, type TokenRow } from '../step/batch-feeds.js';
import { compileOutputs, type OutputsProgram } from '../step/outputs-program.js';
import { stackRuns } from '../step/stack.js';
import { TrainingState } from '../step/training-state.js';
import type { Trainable } from '../trainable.js';
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

/** An adapter whose logits are learned from; it is not trained. */
export class Teacher {
  private constructor(
    private readonly program: OutputsProgram,
    private readonly state: TrainingState,
    private readonly trainable: Trainable,
    private readonly run: OpenRun,
  ) {}

  /** @throws ValidationError  for a method that is no adapter, another task or other labels */
  static async open(executor: Executor, directory: string, run: OpenRun): Promise<Teacher> {
    const { base, spec, labels } = run;
    if (spec.task !== 'sequence_classification')
      throw new ValidationError(`distillation: expected sequence_classification, got ${spec.task}`);
    const files = await fromDirectory(directory);
    const { type } = identifyAdapter(files);
    const name = METHOD_OF[type];
    if (!name) throw new ValidationError(`teacher: expected one of ${Object.keys(METHOD_OF).join(', ')}, got ${type}`);
    const context = { base, task: spec.task, ...(labels && { labels }), random: Random.stream(spec.seed, 'teacher') };
    const trainable = openMethod(files, methodOptions.parse({ name }), context);
    const objective = makeObjective(run.objective);
    const stack = stackRuns([trainable], { base, task: spec.task, objective, dropout: NO_DROPOUT });
    const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'sgd' }));
    const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
    return new Teacher(await compileOutputs(executor, stack.model), state, trainable, run);
  }

  /** [batch, labels] */
  async logits(rows: readonly TokenRow[]): Promise<Tensor<'float32'>> {
    const { base, labels } = this.run;
    const logits = await this.program.run(tokenFeeds(rows, base.config, this.trainable), this.state);
    if (logits.shape[1] === labels?.labels.length) return logits;
    const got = `${logits.shape[1] ?? 0}`;
    throw new ValidationError(`teacher: expected ${labels?.labels.length ?? 0} labels as the run has, got ${got}`);
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }
}
