import { ShapeError } from '../../common/errors.js';
import { dim, mulDims, type Dim } from '../../engine/dim.js';
import type { Graph, Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { gather } from '../../engine/ops/gather.js';
import { iota } from '../../engine/ops/iota.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import { tensor } from '../../engine/tensor.js';
import { PAGE_RANKS } from '../brick.js';
import type { Channel, ChannelName, PoolName } from './channel.js';
import type { ChannelUse, Variant } from './variant.js';

/**
 * The graph inputs of a variant, made when a hook first asks for them. For each channel: `name.ids` int32
 * [batch, width], `name.gates` float32 [batch, width] (or [batch, seq, width]) where it is gated, `name.members` where
 * routes have a say (routing/route-feeds.ts), and each array of its pool as `pool.field`, its leading axes flattened: a page of shape [layers, 8, in] gives [pages·layers·8, in].
 * Widths and pool sizes are symbolic, so one graph serves every page bucket and pools may grow.
 */
export class ChannelInputs {
  private readonly made = new Map<string, Value>();

  constructor(
    readonly graph: Graph,
    private readonly variant: Variant,
    readonly batch: Dim = dim('batch'),
    readonly seq: Dim = dim('seq'),
  ) {}

  has(name: ChannelName): boolean {
    return this.variant.uses.has(name);
  }

  /** The levels at which a channel over one of these pools is there, lowest first; fused ones apart. */
  levels(...pools: readonly PoolName[]): number[] {
    const found = this.channels().filter(({ pool, fusedBy }) => pools.includes(pool) && fusedBy === undefined);
    return [...new Set(found.map(({ level = 0 }) => level))].sort((a, b) => a - b);
  }

  channels(): Channel[] {
    return [...this.variant.uses.values()].map(({ channel }) => channel);
  }

  /** The pools of any channel. */
  pools(): PoolName[] {
    return [...new Set(this.channels().map(({ pool }) => pool))];
  }

  isRouted(name: ChannelName): boolean {
    return this.use(name).isRouted;
  }

  /** int32 [batch, width] */
  ids(name: ChannelName): Value {
    return this.once(`${name}.ids`, (key) => this.graph.input(key, 'int32', [this.batch, this.width(name)]));
  }

  /** int32 [batch, seq]: a page for each position, for channels that stand at positions instead of rows. */
  positionIds(name: ChannelName): Value {
    return this.once(`${name}.ids`, (key) => this.graph.input(key, 'int32', [this.batch, this.seq]));
  }

  /** The array of the channel's pool, [rows, last axis]. */
  pool(name: ChannelName, field: string): Value {
    const { pool, fields } = this.use(name).channel;
    const last = fields[field]?.at(-1);
    if (last === undefined)
      throw new ShapeError(`ChannelInputs: ${name}: expected a field of the channel, got ${field}`);
    const rows = dim(identifier(`${pool}.${field}.rows`));
    return this.once(`${pool}.${field}`, (key) => this.graph.input(key, 'float32', [rows, last]));
  }

  /**
   * The gate of every page of a row: [batch, 1, width] or, per token, [batch, seq, width]; nothing when ungated.
   *
   * @param shares  of the members of the row's routes at this place, [batch, seq, routes · members]: gates + shares · M,
   *                M[e, p] the weight of page p where it is member e's
   */
  gates(name: ChannelName, shares?: Value): Value | undefined {
    const own = this.ownGates(name);
    return own && this.isRouted(name) ? add(own, matmul(this.requireShares(name, shares), this.members(name))) : own;
  }

  /** The gate of every rank: each page's gate eight times, [batch, 1 or seq, 8·width]. */
  rankGates(name: ChannelName, shares?: Value): Value | undefined {
    const own = this.ownRankGates(name);
    if (!own) return undefined;
    return this.isRouted(name) ? add(own, matmul(this.requireShares(name, shares), this.rankMembers(name))) : own;
  }

  /** The gates of ranks, without what routes add. */
  ownRankGates(name: ChannelName): Value | undefined {
    const gates = this.ownGates(name);
    return gates && this.once(`${name}.rank_gates`, () => this.eightTimes(gates));
  }

  /** The gates of pages, without what routes add. */
  ownGates(name: ChannelName): Value | undefined {
    const { gating } = this.use(name);
    if (gating === 'none') return undefined;
    const width = this.width(name);
    return this.once(`${name}.gates`, (key) =>
      gating === 'token'
        ? this.graph.input(key, 'float32', [this.batch, this.seq, width])
        : unsqueeze(this.graph.input(key, 'float32', [this.batch, width]), [1]),
    );
  }

  /** Which ranks are a member's: each page's eight times, as `members`. */
  rankMembers(name: ChannelName): Value {
    return this.once(`${name}.rank_members`, () => this.eightTimes(this.members(name)));
  }

  /** [batch, routes · members, width]; of a fused channel [batch, members, width] */
  members(name: ChannelName): Value {
    const isFused = this.use(name).channel.fusedBy !== undefined;
    const all = mulDims(isFused ? 1 : (this.variant.routes?.routes ?? 0), dim('members'));
    return this.once(`${name}.members`, (key) => this.graph.input(key, 'float32', [this.batch, all, this.width(name)]));
  }

  /** [batch, n, width] → [batch, n, 8·width] */
  private eightTimes(gates: Value): Value {
    const [batch, rows, width] = gates.shape as [Dim, Dim, Dim];
    const ones = this.graph.constant(tensor('float32', [PAGE_RANKS], new Float32Array(PAGE_RANKS).fill(1)));
    return reshape(mul(unsqueeze(gates, [3]), ones), [batch, rows, mulDims(width, PAGE_RANKS)]);
  }

  private requireShares(name: ChannelName, shares: Value | undefined): Value {
    if (shares) return shares;
    throw new ShapeError(`ChannelInputs: ${name}: expected shares for its routed pages, got none`);
  }

  /**
   * Rows of an array [pages · stride · 8, …] that hold the ranks of a row's pages: page · stride · 8 + block · 8 + rank.
   *
   * @returns int32 [batch, 8·width]
   */
  rankIds(name: ChannelName, stride: number, block: number): Value {
    const first = this.once(`${name}.rank_ids`, () => {
      const pages = mul(this.ids(name), this.int(stride * PAGE_RANKS));
      const ranks = this.graph.constant(
        tensor(
          'int32',
          [PAGE_RANKS],
          Int32Array.from({ length: PAGE_RANKS }, (_, r) => r),
        ),
      );
      const each = add(unsqueeze(pages, [2]), ranks); // [batch, width, 8]
      return reshape(each, [this.batch, mulDims(this.width(name), PAGE_RANKS)]);
    });
    return block === 0 ? first : add(first, this.int(block * PAGE_RANKS));
  }

  /** Rows of an array [pages · stride, …] for one block of a row's pages: page · stride + block, int32 [batch, width]. */
  blockIds(name: ChannelName, stride: number, block: number): Value {
    if (stride === 1) return this.ids(name);
    const first = this.once(`${name}.block_ids`, () => mul(this.ids(name), this.int(stride)));
    return block === 0 ? first : add(first, this.int(block));
  }

  /** Rows of an array [pages · stride · size, …] that hold one matrix [size, …] of a row's page: int32 [batch, size]. */
  matrixRows(name: ChannelName, size: number, { stride, block }: VectorAt): Value {
    const first = this.once(`${name}.matrix_rows`, () =>
      add(mul(this.ids(name), this.int(stride * size)), iota(this.graph, size)),
    );
    return block === 0 ? first : add(first, this.int(block * size));
  }

  /**
   * The weighted sum of a row's vectors in one block: Σₚ gateₚ · pool[pageₚ, block].
   *
   * @returns [batch, 1 or seq, width of the vectors]
   */
  vector(name: ChannelName, field: string, { stride, block, shares }: VectorAt): Value {
    const gates = this.gates(name, shares);
    const rows = gather(this.pool(name, field), this.blockIds(name, stride, block), 0); // [batch, width, n]
    return gates ? matmul(gates, rows) : rows; // ungated: width is 1
  }

  private width(name: ChannelName): Dim {
    const { channel, gating } = this.use(name);
    return !channel.isPaged && gating === 'none' ? 1 : dim(identifier(`${name}.width`));
  }

  private use(name: ChannelName): ChannelUse {
    const use = this.variant.uses.get(name);
    if (!use) throw new ShapeError(`ChannelInputs: expected a channel of the variant, got ${name}`);
    return use;
  }

  private int(value: number): Value {
    return this.graph.scalar(value, 'int32');
  }

  /** The value made under `key` before, or `make` called once. */
  once(key: string, make: (key: string) => Value): Value {
    const known = this.made.get(key);
    if (known) return known;
    const value = make(key);
    this.made.set(key, value);
    return value;
  }
}

/** Which vector of a page: `block` of `stride`. */
export interface VectorAt {
  readonly stride: number;
  readonly block: number;
  readonly shares?: Value | undefined;
}

function identifier(name: string): string {
  return name.replaceAll(/[.#~]/g, '_');
}
