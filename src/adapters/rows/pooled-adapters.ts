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
import { PAGE_RANKS, type BottleneckPages } from '../brick.js';
import type { BottleneckKind, ChannelName } from './channel.js';
import type { ChannelInputs } from './channel-inputs.js';
import type {
  BottleneckValues,
  EmbeddingValues,
  LowRankValues,
  NormValues,
  PromptValues,
  RowAdapters,
} from './row-adapters.js';

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
  ) {}

  lowRank(site: Site): LowRankValues | undefined {
    const name = `low_rank.${site.role}` as const;
    if (!this.inputs.has(name)) return undefined;
    const ids = this.inputs.rankIds(name, this.table.layers, site.layer); // [batch, 8P]
    return {
      a: gather(this.inputs.pool(name, 'a'), ids, 0), // [batch, 8P, in]
      b: gather(this.inputs.pool(name, 'b'), ids, 0), // [batch, 8P, out]
      gates: this.inputs.rankGates(name),
    };
  }

  inputScale(site: Site): Value | undefined {
    return this.vector(`input_scale.${site.role}`, site.layer);
  }

  outputScale(site: Site): Value | undefined {
    return this.vector(`output_scale.${site.role}`, site.layer);
  }

  bias(site: Site, own: Value | undefined): Value | undefined {
    const delta = this.vector(`bias.${site.role}`, site.layer);
    return delta && own ? add(own, delta) : delta; // [batch, 1, out]
  }

  embedding(site: EmbeddingSite, ids: Value): EmbeddingValues | undefined {
    const name = `embedding.${site.table}` as const;
    const { inputs } = this;
    if (!inputs.has(name)) return undefined;
    const firsts = mul(inputs.ids(name), inputs.graph.scalar(site.rows, 'int32')); // row 0 of each page
    const at = add(unsqueeze(firsts, [1]), unsqueeze(ids, [2])); // [batch, seq, P]
    const a = gather(inputs.pool(name, 'a'), at, 0); // [batch, seq, P, 8]
    const [batch, seq, width] = at.shape as [Dim, Dim, Dim];
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
      gain: add(own.gain, this.inputs.vector(name, 'gain', stride, block)), // [batch, 1, width]
      bias: add(own.bias, this.inputs.vector(name, 'bias', stride, block)), // [batch, 1, width]
    };
  }

  /** A page is one token over all layers, and page 0 is a token that is not there. */
  prefix(layer: number): PrefixValues | undefined {
    const { inputs } = this;
    if (!inputs.has('prefix')) return undefined;
    const at = inputs.blockIds('prefix', this.table.layers, layer); // [batch, prefix]
    return {
      keys: gather(inputs.pool('prefix', 'keys'), at, 0), // [batch, prefix, hidden]
      values: gather(inputs.pool('prefix', 'values'), at, 0), // [batch, prefix, hidden]
      mask: inputs.once('prefix.mask', () =>
        cast(greater(inputs.ids('prefix'), inputs.graph.scalar(0, 'int32')), 'int32'),
      ), // [batch, prefix]
    };
  }

  bottlenecks(slot: BlockSlot, layer: number): BottleneckValues[] {
    return kindsOf(this.inputs, slot).map((kind) => {
      const [, input, activation] = kind.split('.') as [string, BottleneckPages['input'], Activation];
      const bias = this.inputs.vector(`bottleneck_bias.${kind}`, 'value', this.table.layers, layer); // [batch, 1, hidden]
      const units = this.units(`bottleneck.${kind}`, layer);
      return { input, activation, bias, ...(units && { units }) };
    });
  }

  private units(name: `bottleneck.${BottleneckKind}`, layer: number): BottleneckValues['units'] {
    const { inputs, table } = this;
    if (!inputs.has(name)) return undefined;
    const ids = inputs.rankIds(name, table.layers, layer); // [batch, 8P]
    const a = gather(inputs.pool(name, 'a'), ids, 0); // [batch, 8P, hidden]
    const b = gather(inputs.pool(name, 'b'), ids, 0); // [batch, 8P, hidden]
    const pageBias = gather(inputs.pool(name, 'a_bias'), inputs.blockIds(name, table.layers, layer), 0); // [batch, P, 8]
    const [batch, width] = pageBias.shape as [Dim, Dim];
    return { a, aBias: reshape(pageBias, [batch, 1, mulDims(width, PAGE_RANKS)]), b, gates: inputs.rankGates(name) };
  }

  private vector(name: ChannelName, layer: number): Value | undefined {
    return this.inputs.has(name) ? this.inputs.vector(name, 'value', this.table.layers, layer) : undefined;
  }
}

function kindsOf(inputs: ChannelInputs, slot: BlockSlot): BottleneckKind[] {
  const prefix = `bottleneck_bias.${slot}.`;
  const isKind = (name: ChannelName): boolean => name.startsWith(prefix);
  return inputs
    .names()
    .filter(isKind)
    .map((name) => name.slice('bottleneck_bias.'.length) as BottleneckKind);
}
