import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '../../src/engine/executors/executor.js';
import { createOnnxExecutor } from '../../src/engine/executors/onnx.js';
import type { BaseModel } from '../../src/models/base-model.js';
import type { HeadLabels } from '../../src/models/heads.js';
import { NO_DROPOUT } from '../../src/training/graph/dropout.js';
import { methodOptions } from '../../src/training/methods/options.js';
import { startMethod } from '../../src/training/methods/table.js';
import { makeObjective, objectiveOptions } from '../../src/training/objectives/table.js';
import type { Optimizer } from '../../src/training/optim/optimizer.js';
import { makeOptimizer, optimizerOptions } from '../../src/training/optim/table.js';
import { Random } from '../../src/common/random.js';
import { collate } from '../../src/training/run/collate.js';
import { NO_VIRTUAL_TOKENS } from '../../src/training/step/batch-feeds.js';
import { makeStep, type MakeStepOptions } from '../../src/training/step/make-step.js';
import { compileOutputs } from '../../src/training/step/outputs-program.js';
import { stackRuns, type Stack } from '../../src/training/step/stack.js';
import type { Feeds } from '../../src/training/step/step.js';
import { TrainingState } from '../../src/training/step/training-state.js';
import type { HostedBase } from '../../src/runtime/engine-host.js';
import { randomBase, type RandomBaseOptions } from '../../test/support/random-base.js';
import { SeededRandom } from '../../test/support/seeded-random.js';

const LABELS: HeadLabels = { labels: ['a', 'b', 'c', 'd'], problem: 'single' };
const RATE = 1e-4;
const MAX_NORM = 1;

/** A LoRA r = 8 on query and value of a base with random weights, and its training step: AdamW, clipping, four labels. */
export class StepKit {
  readonly state: TrainingState;

  private constructor(
    private readonly executor: Executor,
    private readonly stack: Stack,
    private readonly optimizer: Optimizer,
    private readonly cacheDir: string,
  ) {
    this.state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
  }

  static async open(shape: RandomBaseOptions, threads: number): Promise<StepKit> {
    const base = withPooler(randomBase(shape));
    const task = 'sequence_classification' as const;
    const context = { base, task, labels: LABELS, random: Random.stream(0, 'initial') };
    const trainable = startMethod(methodOptions.parse({ name: 'lora', rank: 8, alpha: 16 }), context);
    const objective = makeObjective(objectiveOptions.parse({ name: 'cross_entropy' }));
    const stack = stackRuns([trainable], { base, task, objective, dropout: NO_DROPOUT });
    const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-bench-'));
    const executor = await createOnnxExecutor({ provider: 'cpu', threads, plansMemory: false, cacheDir });
    return new StepKit(executor, stack, makeOptimizer(optimizerOptions.parse({ name: 'adamw' })), cacheDir);
  }

  /** A compiled step on a batch, given in parts. */
  async step(
    parts: readonly Feeds[],
    options: Pick<MakeStepOptions, 'checkpoints'> = {},
  ): Promise<() => Promise<unknown>> {
    const { executor, state, optimizer, stack } = this;
    const step = await makeStep({
      executor,
      model: stack.model,
      state,
      optimizer,
      clips: true,
      parts: parts.length,
      ...options,
    });
    let done = 0;
    return () => step.run({ parts, rates: [RATE], maxNorms: [MAX_NORM], step: ++done });
  }

  /** The forward pass with the head. */
  async forward(batch: Feeds): Promise<() => Promise<unknown>> {
    const program = await compileOutputs(this.executor, this.stack.model);
    const { targets: _targets, row_weight: _weight, ...feeds } = batch;
    return () => program.run(feeds, this.state);
  }

  /** Rows of random tokens, all equally long. */
  batch(rows: number, tokens: number, seed = 1): Feeds {
    const random = new SeededRandom(seed);
    const { vocab } = this.stack.model.base.config;
    const examples = Array.from({ length: rows }, (_, index) => ({
      example: {
        inputIds: Int32Array.from(random.floats(tokens, 0, vocab - 1)),
        label: index % LABELS.labels.length,
        weight: 1,
        tokens,
      },
      index,
      run: 0,
    }));
    return collate(examples, { model: this.stack.model, virtual: NO_VIRTUAL_TOKENS, stream: [0], seeds: [0] });
  }

  async close(): Promise<void> {
    await this.executor.dispose();
    await rm(this.cacheDir, { recursive: true, force: true });
  }
}

/** The pooler is the base's own and frozen, as in a model of Hugging Face that PEFT adapts. */
function withPooler(base: HostedBase): HostedBase & Pick<BaseModel, 'pooler'> {
  const dense = base.heads.sequence?.dense;
  return { ...base, ...(dense && { pooler: { dense, activation: 'tanh' } }) };
}
