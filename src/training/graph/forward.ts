import { dim, mulDims, type Dim } from '../../engine/dim.js';
import type { Graph, Value } from '../../engine/graph.js';
import { gather } from '../../engine/ops/gather.js';
import { reshape } from '../../engine/ops/reshape.js';
import { buildEmbeddings, buildLayers } from '../../models/encoder.js';
import { encoderInputs } from '../../models/encoder-inputs.js';
import { requireFamily } from '../../models/families.js';
import { pool } from '../../models/pooling.js';
import type { RowHooks } from '../../models/row-hooks.js';
import { SquadRoutes } from '../squad/squad-routes.js';
import type { RunModel } from '../step/run-model.js';
import { BATCH, Dropout, NO_DROPOUT, SEQ } from './dropout.js';
import type { ModuleValues } from './module-values.js';
import { ParameterValues } from './parameter-values.js';
import { TrainedAdapters } from './trained-adapters.js';
import { applyTrainedHead } from './trained-head.js';

/**
 * A stretch of the model: layers `from` to `to` (exclusive). From −1 the embeddings are in it; to layers + 1 the head is.
 */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface ForwardOptions {
  /** Dropout is on: the masks are inputs. */
  readonly isTraining: boolean;
  /** Lowest layer that is trained: dropout acts from there. */
  readonly lowest: number;
}

/** One stretch of the model in a graph, its parameters being inputs `p.<name>`. */
export class Forward {
  readonly parameters: ReadonlyMap<string, Value>;
  readonly dropout: Dropout;
  readonly entry: Value | undefined;
  /** int32 [batch], with several runs. */
  readonly run: Value | undefined;
  /** The routes of a squad. */
  readonly squad: SquadRoutes | undefined;
  private readonly mask: Value;
  private tasks: Value | undefined;
  private readonly hooks: RowHooks;
  private readonly values: ParameterValues;
  private readonly parts;

  constructor(
    readonly graph: Graph,
    readonly model: RunModel,
    readonly stretch: Stretch,
    private readonly options: ForwardOptions,
  ) {
    const { base, runs, trainable, numbers } = model;
    const input = ({ name, shape }: { name: string; shape: readonly number[] }): [string, Value] => [
      name,
      graph.input(`p.${name}`, 'float32', shape),
    ];
    this.parameters = new Map([...model.parameters, ...model.frozen].map(input));
    this.run = runs > 1 ? graph.input('run', 'int32', [BATCH]) : undefined;
    this.values = new ParameterValues(graph, this.parameters, numbers, this.run);
    this.parts = trainable.place(this.values);
    this.dropout = new Dropout(graph, options.isTraining ? model.dropout : NO_DROPOUT);
    const rows = { task: () => this.task(), mask: () => this.mask };
    this.squad = trainable.squad && new SquadRoutes(graph, trainable.squad, rows);
    const adapters = new TrainedAdapters(this.values, this.parts, this.dropout, this.squad);
    this.hooks = adapters.hooks((layer) => layer >= options.lowest);
    if (stretch.from < 0) {
      const inputs = encoderInputs(graph, base.config);
      this.mask = inputs.attention_mask;
      this.embedded = buildEmbeddings(graph, base, inputs, this.hooks);
    } else {
      this.mask = graph.input('attention_mask', 'int32', [BATCH, SEQ]);
      this.entry = graph.input('entry', 'float32', [BATCH, SEQ, base.config.hidden]);
    }
  }

  private readonly embedded: Value | undefined;

  /** The task of each row, int32 [batch], where there are several. */
  task(): Value {
    this.tasks ??= this.graph.input('task', 'int32', [BATCH]);
    return this.tasks;
  }

  /** What the method adds to the loss. */
  penalty(): Value | undefined {
    return this.model.trainable.penalty?.(this.values);
  }

  /** Hidden states after the last layer of the stretch, [batch, seq, hidden]; [batch, 1, hidden] of the first position. */
  hidden(asks: 'all' | 'first' = 'all'): Value {
    const { graph, model, stretch } = this;
    const x = this.embedded ?? this.entry;
    if (!x) throw new Error('forward: expected embeddings or an entry, got neither');
    const { layers } = model.base.config;
    const span = { from: Math.max(0, stretch.from), to: Math.min(layers, stretch.to), asks };
    return buildLayers(graph, model.base, { x, attention_mask: this.mask }, this.hooks, span);
  }

  /**
   * What the objective reads: logits [batch, labels] or [batch, seq, labels], [positions, vocabulary] at the flat positions
   * `positions` int32 for masked_lm (with a prompt [positions, labels]), or mean embeddings [batch, hidden].
   */
  outputs(): Value {
    const { graph, model } = this;
    const x = this.hidden(model.task === 'sequence_classification' ? 'first' : 'all');
    if (model.task === 'embedding') return pool(x, this.mask, 'mean');
    const context = {
      graph,
      base: model.base,
      layout: requireFamily(model.base.config.modelType).headLayout(model.base.config),
      values: this.values,
      whole: this.parts.whole ?? new Map<string, Value>(),
      modules: this.parts.modules ?? new Map<string, ModuleValues>(),
      dropout: this.dropout,
      prompt: model.prompt,
    };
    return applyTrainedHead(model.task, model.task === 'masked_lm' ? this.atPositions(x) : x, context);
  }

  private atPositions(x: Value): Value {
    const [batch, seq, hidden] = x.shape as [Dim, Dim, Dim];
    const positions = this.graph.input('positions', 'int32', [dim('positions')]);
    return gather(reshape(x, [mulDims(batch, seq), hidden]), positions, 0);
  }
}
