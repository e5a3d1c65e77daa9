import { mulDims, type Dim } from '../../engine/dim.js';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { cast } from '../../engine/ops/cast.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import { mul } from '../../engine/ops/mul.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import type { Activation } from '../../models/heads.js';
import type { BlockSlot, PrefixValues } from '../../models/row-hooks.js';
import type { EmbeddingSite, NormSite, Site, SiteTable } from '../../models/sites.js';
import { PAGE_RANKS, type BottleneckPages, type GatePlace } from '../brick.js';
import { channelName, type BottleneckKind, type ChannelName, type PoolName } from './channel.js';
import type { ChannelInputs } from './channel-inputs.js';
import { pooledFusions } from './routing/pooled-fusion.js';
import type { PooledRoutes } from './routing/pooled-routes.js';
import type {
  BottleneckValues,
  EmbeddingValues,
  FusionValues,
  LowRankValues,
  NormValues,
  PromptValues,
  RowAdapters,
  SiteLevel,
} from './row-adapters.js';

/** Where the pages of a channel act. */
interface At {
  readonly place: GatePlace;
  readonly layer: number;
  /** What routes read there. */
  readonly x: () => Value;
}

/**
 * Adapters of each row out of page pools that are graph inputs. Only the channels of the variant are in the graph.
 *
 * Pages are gathered layer by layer out of the flattened pools: gathering all layers at once copies every page twice. A
 * row without a channel reads page 0, its identity: zeros for what is added, ones for scales.
 */
export class PooledAdapters implements RowAdapters {
  constructor(
    private readonly inputs: ChannelInputs,
    private readonly table: SiteTable,
    private readonly routes?: PooledRoutes,
  ) {}

  lowRank(site: Site, x: Value): LowRankValues | undefined {
    return this.ranks(`low_rank.${site.role}`, at(site, x));
  }

  inputScale(site: Site): Value | undefined {
    const pool = `input_scale.${site.role}` as const;
    const scales = this.inputs.levels(pool).map((level) => this.vector(channelName(pool, level), site.layer));
    return scales.length === 0 ? undefined : scales.reduce((product, scale) => mul(product, scale));
  }

  outputScale(site: Site, x: Value): Value | undefined {
    return this.routedVector(`output_scale.${site.role}`, at(site, x));
  }

  bias(site: Site, own: Value | undefined, x: Value): Value | undefined {
    const delta = this.routedVector(`bias.${site.role}`, at(site, x));
    return delta && own ? add(own, delta) : delta; // [batch, 1 | seq, out]
  }

  levelsAbove(site: Site, x: Value): SiteLevel[] {
    const pools = (['low_rank', 'output_scale', 'bias'] as const).map((kind) => `${kind}.${site.role}` as const);
    const above = this.inputs.levels(...pools).filter((level) => level > 0);
    return above.map((level) => ({
      outputScale: this.routedVector(channelName(`output_scale.${site.role}`, level), at(site, x)),
      lowRank: this.ranks(channelName(`low_rank.${site.role}`, level), at(site, x)),
      bias: this.routedVector(channelName(`bias.${site.role}`, level), at(site, x)),
    }));
  }

  embedding(site: EmbeddingSite, ids: Value): EmbeddingValues | undefined {
    const name = `embedding.${site.table}` as const;
    const { inputs } = this;
    if (!inputs.has(name)) return undefined;
    const firsts = mul(inputs.ids(name), inputs.graph.scalar(site.rows, 'int32')); // row 0 of each page
    const rows = add(unsqueeze(firsts, [1]), unsqueeze(ids, [2])); // [batch, seq, P]
    const a = gather(inputs.pool(name, 'a'), rows, 0); // [batch, seq, P, 8]
    const [batch, seq, width] = rows.shape as [Dim, Dim, Dim];
    const low = reshape(a, [batch, seq, mulDims(width, PAGE_RANKS)]);
    const gates = inputs.rankGates(name);
    const b = gather(inputs.pool(name, 'b'), inputs.rankIds(name, 1, 0), 0); // [batch, 8P, width]
    return { low: gates ? mul(low, gates) : low, b };
  }

  prompt(): PromptValues | undefined {
    if (!this.inputs.has('prompt')) return undefined;
    const ids = this.inputs.positionIds('prompt'); // [batch, seq], page 0 at real tokens
    const embeddings = gather(this.inputs.pool('prompt', 'embeddings'), ids, 0); // [batch, seq, width]
    return { isVirtual: greater(ids, this.inputs.graph.scalar(0, 'int32')), embeddings };
  }

  norm(site: NormSite, own: NormValues): NormValues | undefined {
    const name = site.place === 'embeddings' ? 'embedding_norm' : 'block_norms';
    if (!this.inputs.has(name)) return undefined;
    const stride = site.place === 'embeddings' ? 1 : 2 * this.table.layers;
    const block = site.place === 'embeddings' ? 0 : 2 * site.layer + (site.place === 'ffn' ? 1 : 0);
    return {
      gain: add(own.gain, this.inputs.vector(name, 'gain', { stride, block })), // [batch, 1 | seq, width]
      bias: add(own.bias, this.inputs.vector(name, 'bias', { stride, block })), // [batch, 1 | seq, width]
    };
  }

  /** A page is one token over all layers, and page 0 is a token that is not there. */
  prefix(layer: number): PrefixValues | undefined {
    const { inputs } = this;
    if (!inputs.has('prefix')) return undefined;
    const rows = inputs.blockIds('prefix', this.table.layers, layer); // [batch, prefix]
    return {
      keys: gather(inputs.pool('prefix', 'keys'), rows, 0), // [batch, prefix, hidden]
      values: gather(inputs.pool('prefix', 'values'), rows, 0), // [batch, prefix, hidden]
      mask: inputs.once('prefix.mask', () =>
        cast(greater(inputs.ids('prefix'), inputs.graph.scalar(0, 'int32')), 'int32'),
      ), // [batch, prefix]
    };
  }

  bottlenecks(slot: BlockSlot, layer: number, normed: () => Value): BottleneckValues[] {
    const where: At = { place: slot === 'attention' ? 'attention_block' : 'ffn_block', layer, x: normed };
    return kindsOf(this.inputs, slot).flatMap((kind) =>
      this.inputs.levels(`bottleneck_bias.${kind}`).map((level) => this.bottleneck(kind, level, where)),
    );
  }

  fusions(slot: BlockSlot, layer: number): FusionValues[] {
    return this.routes ? pooledFusions(this.inputs, this.routes, { slot, layer }, this.table) : [];
  }

  private bottleneck(kind: BottleneckKind, level: number, where: At): BottleneckValues {
    const [, input, activation] = kind.split('.') as [string, BottleneckPages['input'], Activation];
    const bias = this.requireVector(channelName(`bottleneck_bias.${kind}`, level), where); // [batch, 1 | seq, hidden]
    const units = this.units(channelName(`bottleneck.${kind}`, level), where);
    return { input, activation, level, bias, ...(units && { units }) };
  }

  private units(name: ChannelName, where: At): BottleneckValues['units'] {
    const { inputs, table } = this;
    if (!inputs.has(name)) return undefined;
    const ids = inputs.rankIds(name, table.layers, where.layer); // [batch, 8P]
    const a = gather(inputs.pool(name, 'a'), ids, 0); // [batch, 8P, hidden]
    const b = gather(inputs.pool(name, 'b'), ids, 0); // [batch, 8P, hidden]
    const pageBias = gather(inputs.pool(name, 'a_bias'), inputs.blockIds(name, table.layers, where.layer), 0); // [batch, P, 8]
    const [batch, width] = pageBias.shape as [Dim, Dim];
    const aBias = reshape(pageBias, [batch, 1, mulDims(width, PAGE_RANKS)]);
    return { a, aBias, b, gates: inputs.rankGates(name, this.shares(name, where)) };
  }

  private ranks(name: ChannelName, where: At): LowRankValues | undefined {
    const { inputs } = this;
    if (!inputs.has(name)) return undefined;
    const ids = inputs.rankIds(name, this.table.layers, where.layer); // [batch, 8P]
    return {
      a: gather(inputs.pool(name, 'a'), ids, 0), // [batch, 8P, in]
      b: gather(inputs.pool(name, 'b'), ids, 0), // [batch, 8P, out]
      gates: inputs.rankGates(name, this.shares(name, where)),
    };
  }

  private routedVector(name: ChannelName, where: At): Value | undefined {
    return this.inputs.has(name) ? this.requireVector(name, where) : undefined;
  }

  private requireVector(name: ChannelName, where: At): Value {
    const shares = this.shares(name, where);
    return this.inputs.vector(name, 'value', { stride: this.table.layers, block: where.layer, shares });
  }

  private vector(name: ChannelName, layer: number): Value {
    return this.inputs.vector(name, 'value', { stride: this.table.layers, block: layer });
  }

  private shares(name: ChannelName, { place, layer, x }: At): Value | undefined {
    return this.inputs.isRouted(name) ? this.routes?.sharesAt(place, layer, x) : undefined;
  }
}

function at(site: Site, x: Value): At {
  return { place: site.role, layer: site.layer, x: () => x };
}

function kindsOf(inputs: ChannelInputs, slot: BlockSlot): BottleneckKind[] {
  const prefix = `bottleneck_bias.${slot}.`;
  const isKind = (pool: PoolName): boolean => pool.startsWith(prefix);
  return inputs
    .pools()
    .filter(isKind)
    .map((pool) => pool.slice('bottleneck_bias.'.length) as BottleneckKind);
}
