import { baseTensors } from '../adapters/base-tensors.js';
import type { Brick } from '../adapters/brick.js';
import { ChannelInputs } from '../adapters/rows/channel-inputs.js';
import { pooledHooks } from '../adapters/rows/pooled-hooks.js';
import { rowFeeds } from '../adapters/rows/row-feeds.js';
import type { Placement } from '../adapters/rows/placement.js';
import { PooledRoutes } from '../adapters/rows/routing/pooled-routes.js';
import { routeFeeds } from '../adapters/rows/routing/route-feeds.js';
import { selectPages, type Selection } from '../adapters/rows/selection.js';
import { graphKey, variantKey, variantOf, type Variant } from '../adapters/rows/variant.js';
import { OverloadedError, ValidationError } from '../common/errors.js';
import { dim } from '../engine/dim.js';
import type { Executor, Program } from '../engine/executors/executor.js';
import { Graph } from '../engine/graph.js';
import type { BaseModel } from '../models/base-model.js';
import { buildEncoder } from '../models/encoder.js';
import { maxTokens } from '../models/encoder-config.js';
import type { Head } from '../models/heads.js';
import { layOut, type PlannedRow } from './batch-layout.js';
import { checkRow } from './check-row.js';
import { HeadRunner } from './head-runner.js';
import type { BaseDescription, BatchResult, Row, RowResult, RowTask, Runtime } from './protocol.js';
import { ResidentBricks } from './resident-bricks.js';
import { routeReport } from './route-report.js';
import { requireHead } from './row-answers.js';
import { Serial } from './serial.js';
import { splitRows } from './split-rows.js';
import { VariantPrograms } from './variant-programs.js';

/** What the host needs of a base model. */
export type HostedBase = Pick<
  BaseModel,
  'config' | 'sites' | 'weights' | 'int8Weights' | 'heads' | 'digest' | 'parameters'
>;

export interface EngineHostOptions {
  readonly name: string;
  readonly base: HostedBase;
  readonly executor: Executor;
  /** Compiled variants kept; by default as many as hold 1 GiB of packed weights, from 4 to 24. */
  readonly maxVariants?: number;
}

const VARIANT_BYTES = 2 ** 30;

/**
 * The engine in this thread: one base, the pools, and the compiled variants. Calls run one after the other in the order
 * they came, so a page is never written while a run reads it. Ready until `stop`; after it every call fails.
 */
export class EngineHost implements Runtime {
  readonly base: BaseDescription;
  private readonly bricks: ResidentBricks;
  private readonly variants: VariantPrograms;
  private readonly heads: HeadRunner;
  private readonly serial = new Serial();
  private isStopped = false;

  constructor(private readonly options: EngineHostOptions) {
    const { base, executor, name } = options;
    this.bricks = new ResidentBricks(base.sites, baseTensors(base));
    this.variants = new VariantPrograms({
      limit: options.maxVariants ?? variantLimit(base),
      compile: (variant) => this.compile(variant),
    });
    this.heads = new HeadRunner(executor);
    this.base = {
      name,
      family: base.config.family,
      digest: base.digest,
      layers: base.config.layers,
      hidden: base.config.hidden,
      vocab: base.config.vocab,
      maxTokens: maxTokens(base.config),
      engine: executor.name,
      parameters: base.parameters,
    };
  }

  load(id: string, brick: Brick): Promise<{ bytes: number }> {
    return this.inTurn(() => ({ bytes: this.bricks.load(id, brick).bytes }));
  }

  unload(id: string): Promise<void> {
    return this.inTurn(() => this.bricks.unload(id));
  }

  run(rows: readonly Row[]): Promise<BatchResult> {
    return this.inTurn(() => this.runRows(rows));
  }

  /** Bytes of pages in use and of the arrays that hold them. */
  poolBytes(): { used: number; allocated: number } {
    return this.bricks.poolBytes();
  }

  /** Compiled variants held now. */
  get variantCount(): number {
    return this.variants.size;
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    const stopped = this.inTurn(() => this.dispose());
    this.isStopped = true;
    await stopped;
  }

  private inTurn<T>(task: () => Promise<T> | T): Promise<T> {
    if (this.isStopped)
      return Promise.reject(new OverloadedError('runtime: expected a running engine, got a stopped one'));
    return this.serial.run(task);
  }

  private async dispose(): Promise<void> {
    await this.variants.dispose();
    await this.heads.dispose();
    await this.options.executor.dispose();
  }

  private async runRows(rows: readonly Row[]): Promise<BatchResult> {
    const startMs = performance.now();
    const planned = rows.map((row) => ({ row, selection: this.select(row), heads: this.headsOf(row) }));
    for (const row of planned) checkRow(row, this.options.base.config);
    const results: RowResult[] = [];
    const parts: PartTimings[] = [];
    for (const indices of splitRows(planned.map(({ selection }) => selection))) {
      const group = indices.map((index) => planned[index] as AnsweredRow);
      const { answers, timings } = await this.runGroup(group);
      for (const [at, index] of indices.entries()) results[index] = answers[at] as RowResult;
      parts.push(timings);
    }
    const tokens = rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    const cells = parts.reduce((sum, part) => sum + part.cells, 0);
    return {
      rows: results,
      timings: {
        engineMs: parts.reduce((sum, part) => sum + part.engineMs, 0),
        totalMs: performance.now() - startMs,
        rows: rows.length,
        tokens,
        fill: cells === 0 ? 1 : tokens / cells,
        variant: parts.map(({ variant }) => variant).join(' + '),
      },
    };
  }

  private async runGroup(rows: readonly AnsweredRow[]): Promise<{ answers: RowResult[]; timings: PartTimings }> {
    const { config } = this.options.base;
    const selections = rows.map(({ selection }) => selection);
    const { variant, program } = await this.variants.get(variantOf(selections));
    const layout = layOut(rows, config, variant);
    const startMs = performance.now();
    const outputs = await program.run({
      ...layout.feeds,
      ...rowFeeds(variant, selections, layout),
      ...routeFeeds(variant, selections, layout),
      ...this.bricks.feeds(variant),
    });
    const data = outputs['hidden']?.data as Float32Array;
    const toAnswer = rows.map(({ row, heads }, index) => ({ task: row.task, heads, span: layout.spans[index]! }));
    const states = { data, seq: layout.seq, hidden: config.hidden };
    const logits = await this.heads.answer(toAnswer, states);
    const shares = routeReport(rows, layout, { layers: config.layers, outputs });
    const answers = logits.map((answer, index) => ({ ...answer, ...(shares[index] && { shares: shares[index] }) }));
    const engineMs = performance.now() - startMs;
    return { answers, timings: { engineMs, cells: rows.length * layout.seq, variant: variantKey(variant) } };
  }

  private select({ bricks, routes = [] }: Row): Selection {
    const placementOf = (id: string): Placement => this.bricks.require(id).placement;
    return selectPages(
      bricks.map(({ id, ...part }) => ({ ...part, placement: placementOf(id) })),
      routes.map((route) =>
        'fusion' in route
          ? { ...route, fusion: placementOf(route.fusion) }
          : { ...route, gates: route.gates.map(placementOf) },
      ),
    );
  }

  private headsOf({ heads, task }: Row): Head[] {
    if (task.kind === 'embedding' || task.kind === 'hidden') return [];
    if (heads.length === 0) throw new ValidationError(`row: heads: expected at least one for ${task.kind}, got none`);
    return heads.map((owner) => this.headOf(owner, task));
  }

  private headOf(owner: string | 'base', task: RowTask & { kind: Head['kind'] }): Head {
    if (owner !== 'base') {
      const found = this.bricks.require(owner).head;
      if (found) return requireHead(found, task, 'the adapter');
    }
    const { sequence, token, maskedLm } = this.options.base.heads;
    return requireHead({ sequence, token, masked_lm: maskedLm }[task.kind], task, 'the base');
  }

  private compile(variant: Variant): Promise<Program> {
    const { base } = this.options;
    const graph = new Graph(`trunk ${graphKey(variant)}`);
    const shape = [dim('batch'), dim('seq')];
    const inputs = {
      input_ids: graph.input('input_ids', 'int32', shape),
      position_ids: graph.input('position_ids', 'int32', shape),
      attention_mask: graph.input('attention_mask', 'int32', shape),
      ...(base.config.tokenTypes > 0 && { token_type_ids: graph.input('token_type_ids', 'int32', shape) }),
    };
    const channels = new ChannelInputs(graph, variant);
    const routes = variant.routes && new PooledRoutes(channels, variant.routes, base.config.layers);
    graph.output('hidden', buildEncoder(graph, base, inputs, pooledHooks(channels, base.sites, routes)));
    const totals = routes?.totals();
    if (totals) graph.output('route_shares', totals.shares);
    if (totals) graph.output('route_abstained', totals.abstained);
    return this.options.executor.compile(graph);
  }
}

/** ONNX Runtime packs the linear weights anew for each program. */
function variantLimit({ sites, int8Weights }: HostedBase): number {
  const bytesOf = (module: string) => (int8Weights?.has(`${module}.weight`) ? 1 : 4);
  const packedBytes = sites.sites.reduce((sum, site) => sum + bytesOf(site.module) * site.in * site.out, 0);
  return Math.max(4, Math.min(24, Math.floor(VARIANT_BYTES / packedBytes)));
}

type AnsweredRow = PlannedRow & { readonly heads: readonly Head[] };

interface PartTimings {
  readonly engineMs: number;
  readonly cells: number;
  readonly variant: string;
}
