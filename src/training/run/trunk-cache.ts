import type { Executor, Program } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { Forward } from '../graph/forward.js';
import { NO_VIRTUAL_TOKENS, tokenFeeds, type TokenRow } from '../step/batch-feeds.js';
import type { RunModel } from '../step/run-model.js';
import type { Feeds } from '../step/step.js';
import type { TrainingState } from '../step/training-state.js';

/** Largest size of all kept hidden states. */
export const CACHE_BYTES = 512 * 1024 * 1024;
/** Examples that are computed together. */
const GROUP = 16;

/**
 * Hidden states below the lowest trained layer, computed once for each example and kept. Examples of about equal length are
 * computed in groups that are always the same, so what is kept does not depend on the order in which it is asked for, and a
 * run that goes on sees the same bits.
 */
export class TrunkCache {
  private readonly states: (Float32Array | undefined)[];
  private readonly groupOf: number[] = [];
  private readonly groups: number[][] = [];

  private constructor(
    private readonly graph: Graph,
    private readonly program: Program,
    private readonly model: RunModel,
    private readonly examples: readonly TokenRow[],
  ) {
    this.states = examples.map(() => undefined);
    const order = examples.map((_, at) => at).sort((a, b) => lengthOf(examples, a) - lengthOf(examples, b) || a - b);
    for (let at = 0; at < order.length; at += GROUP) this.groups.push(order.slice(at, at + GROUP));
    this.groups.forEach((group, number) => group.forEach((example) => (this.groupOf[example] = number)));
  }

  static async create(
    executor: Executor,
    model: RunModel,
    lowest: number,
    examples: readonly TokenRow[],
  ): Promise<TrunkCache> {
    const graph = new Graph('training-trunk');
    const forward = new Forward(graph, model, { from: -1, to: lowest }, { isTraining: false, lowest });
    graph.output('states', forward.hidden());
    return new TrunkCache(graph, await executor.compile(graph), model, examples);
  }

  /** Bytes that the states of these examples take. */
  static bytesFor(examples: readonly { readonly tokens: number }[], hidden: number): number {
    return examples.reduce((sum, { tokens }) => sum + tokens, 0) * hidden * 4;
  }

  /** `entry` float32 [batch, seq, hidden] of these examples, zeros at padding. */
  async entry(examples: readonly number[], seq: number, state: TrainingState): Promise<Tensor<'float32'>> {
    for (const example of examples) if (!this.states[example]) await this.compute(this.groupOf[example] ?? 0, state);
    const { hidden } = this.model.base.config;
    const entry = new Float32Array(examples.length * seq * hidden);
    examples.forEach((example, row) => entry.set(this.states[example] ?? [], row * seq * hidden));
    return tensor('float32', [examples.length, seq, hidden], entry);
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }

  private async compute(number: number, state: TrainingState): Promise<void> {
    const group = this.groups[number] ?? [];
    const { config } = this.model.base;
    const rows = group.map((example) => this.examples[example] as TokenRow);
    const feeds: Feeds = tokenFeeds(rows, config, NO_VIRTUAL_TOKENS);
    const parameters = state.feeds((name) => this.graph.inputs.has(name));
    const { states } = await this.program.run({ ...feeds, ...parameters, ...this.ownRun(rows.length) });
    const [, seq = 0] = states!.shape;
    rows.forEach(({ inputIds }, row) => {
      const start = row * seq * config.hidden;
      const own = states!.data.slice(start, start + inputIds.length * config.hidden);
      this.states[group[row] as number] = own as Float32Array;
    });
  }

  /** What is below the trained layers is the same for all runs. */
  private ownRun(rows: number): Feeds {
    return this.model.runs > 1 ? { run: tensor('int32', [rows], new Int32Array(rows)) } : {};
  }
}

function lengthOf(examples: readonly TokenRow[], at: number): number {
  return examples[at]?.inputIds.length ?? 0;
}
