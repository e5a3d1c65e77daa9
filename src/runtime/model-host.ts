import type { Brick } from '../adapters/brick.js';
import { brickBytes } from '../adapters/packed.js';
import type { WholeModel } from '../adapters/whole-model.js';
import { OverloadedError, ValidationError } from '../common/errors.js';
import type { Executor } from '../engine/executors/executor.js';
import type { Graph } from '../engine/graph.js';
import { EngineHost, type EngineHostOptions } from './engine-host.js';
import type { BaseDescription, BatchResult, BatchTimings, Row, RowResult, Runtime } from './protocol.js';
import { replacedBase } from './replaced-base.js';

interface HostedModel {
  readonly host: EngineHost;
  readonly bytes: number;
}

/** A whole model is run without bricks, so one program is all that it needs. */
const MODEL_VARIANTS = 1;

/**
 * The base and, beside it, versions that are models of their own: each on programs of its own, and with the base's tensors
 * wherever it left them as they are. A row whose brick is such a model runs on it and never on the base; other rows take
 * no notice. A model is absent → loaded → absent; what ran on it before `unload` ends first.
 */
export class ModelHost implements Runtime {
  readonly base: BaseDescription;
  private readonly trunk: EngineHost;
  private readonly models = new Map<string, HostedModel>();
  private isStopped = false;

  constructor(private readonly options: EngineHostOptions) {
    this.trunk = new EngineHost(options);
    this.base = this.trunk.base;
  }

  /** A model is placed at once, so that an `unload` told after it finds it; it touches nothing that a batch uses. */
  async load(id: string, brick: Brick): Promise<{ bytes: number }> {
    if (brick.model === undefined) return this.trunk.load(id, brick);
    if (this.isStopped) throw new OverloadedError('runtime: expected a running engine, got a stopped one');
    return { bytes: this.place(id, brick, brick.model).bytes };
  }

  async unload(id: string): Promise<void> {
    const model = this.models.get(id);
    if (model === undefined) return this.trunk.unload(id);
    this.models.delete(id);
    await model.host.stop();
  }

  async run(rows: readonly Row[]): Promise<BatchResult> {
    const groups = this.byModel(rows);
    const [only] = groups.keys();
    if (groups.size < 2) return this.runOn(only, rows);
    const results: RowResult[] = [];
    const timings: BatchTimings[] = [];
    for (const [id, indices] of groups) {
      const part = await this.runOn(
        id,
        indices.map((index) => rows[index] as Row),
      );
      for (const [at, index] of indices.entries()) results[index] = part.rows[at] as RowResult;
      timings.push(part.timings);
    }
    return { rows: results, timings: timings.reduce(together) };
  }

  /** Models held now. */
  get modelCount(): number {
    return this.models.size;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const { host } of this.models.values()) await host.stop();
    this.models.clear();
    await this.trunk.stop();
  }

  private place(id: string, brick: Brick, replacing: WholeModel): HostedModel {
    const known = this.models.get(id);
    if (known !== undefined) return known;
    const { name, base, executor } = this.options;
    const host = new EngineHost({
      name,
      base: replacedBase(base, replacing),
      executor: lent(executor),
      maxVariants: MODEL_VARIANTS,
    });
    const model = { host, bytes: brickBytes(brick) };
    this.models.set(id, model);
    return model;
  }

  private byModel(rows: readonly Row[]): Map<string | undefined, number[]> {
    const groups = new Map<string | undefined, number[]>();
    for (const [index, row] of rows.entries()) {
      const id = this.modelOf(row);
      groups.set(id, [...(groups.get(id) ?? []), index]);
    }
    return groups;
  }

  private modelOf({ bricks, heads }: Row): string | undefined {
    const id = bricks.find((brick) => this.models.has(brick.id))?.id;
    if (id === undefined || (bricks.length === 1 && bricks[0]?.weight === 1 && heads.length <= 1)) return id;
    throw new ValidationError(
      `row: expected the model ${id} alone with weight 1 and one head, got ${bricks.length} bricks and ${heads.length} heads`,
    );
  }

  private runOn(id: string | undefined, rows: readonly Row[]): Promise<BatchResult> {
    const model = id === undefined ? undefined : this.models.get(id);
    if (model === undefined) return this.trunk.run(rows);
    return model.host.run(rows.map((row) => ({ ...row, bricks: [], heads: ['base'] })));
  }
}

/** The executor without the right to end it; what is compiled with it takes its weights along when it goes. */
function lent(executor: Executor): Executor {
  const compile = (graph: Graph) => executor.compile(graph, { ownsWeights: true });
  return { name: executor.name, compile, dispose: () => Promise.resolve() };
}

function together(a: BatchTimings, b: BatchTimings): BatchTimings {
  const tokens = a.tokens + b.tokens;
  return {
    engineMs: a.engineMs + b.engineMs,
    totalMs: a.totalMs + b.totalMs,
    rows: a.rows + b.rows,
    tokens,
    fill: tokens === 0 ? 1 : tokens / (a.tokens / a.fill + b.tokens / b.fill),
    variant: `${a.variant} + ${b.variant}`,
  };
}
