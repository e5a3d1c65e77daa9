import { IncompatibleAdapterError } from '../../common/errors.js';
import type { Activation } from '../../models/heads.js';
import { type EmbeddingSite, type Site, type SiteRole, type SiteTable } from '../../models/sites.js';
import { PAGE_RANKS, type BottleneckPages, type GatePlace } from '../brick.js';

export type EmbeddingTable = EmbeddingSite['table'];
export type BottleneckKind = `${BottleneckPages['slot']}.${BottleneckPages['input']}.${Activation}`;

/** A kind of page that a brick may hold: one pool of pages. */
export type PoolName =
  | `low_rank.${SiteRole}`
  | `output_scale.${SiteRole}`
  | `input_scale.${SiteRole}`
  | `bias.${SiteRole}`
  | `embedding.${EmbeddingTable}`
  | `bottleneck.${BottleneckKind}`
  | `bottleneck_bias.${BottleneckKind}`
  | 'block_norms'
  | 'embedding_norm'
  | 'prefix'
  | 'prompt'
  | `fusion.${BottleneckPages['slot']}`
  | GateName;

/** Gate vectors of one place: what routes read. */
export type GateName = `gate.${GatePlace}`;

/**
 * One list of pages of a row and a gate for each: a pool, at a level above the first as `pool#level`; of the members that the
 * row's route of some number fuses, and of its matrices, as `pool~route` or `pool#level~route`.
 */
export type ChannelName =
  PoolName | `${PoolName}#${number}` | `${PoolName}~${number}` | `${PoolName}#${number}~${number}`;

/**
 * How several bricks of one row share a channel.
 *
 * `sum`: Σ wᵢ·xᵢ over zero, rows without it add nothing. `scale`: 1 + Σ wᵢ(xᵢ − 1), the identity is one.
 * `concat`: pages in the order of the bricks, weights other than 1 have no meaning. `gate` and `fusion`: nothing that a row
 * adds; its routes read them.
 */
export type ChannelLaw = 'sum' | 'scale' | 'concat' | 'gate' | 'fusion';

/** The shape of one page in each array of the channel's pool. Page 0 of every pool is the identity and never given out. */
export interface Channel {
  readonly name: ChannelName;
  /** Where its pages lie; channels of all levels share one pool. */
  readonly pool: PoolName;
  /** 0 unless given. */
  readonly level?: number;
  /** The route of the row that fuses its pages; they are then no terms of a sum. */
  readonly fusedBy?: number;
  readonly law: ChannelLaw;
  /** Pages that a row may have many of; the others are one vector a brick. */
  readonly isPaged: boolean;
  readonly fields: Readonly<Record<string, readonly number[]>>;
}

/** What page 0 holds: one for scales, zero for all that is added. */
export function identityOf(channel: Channel): 0 | 1 {
  return channel.law === 'scale' ? 1 : 0;
}

/** The channel over the same pool at a level. */
export function atLevel(channel: Channel, level: number): Channel {
  return level === 0 ? channel : { ...channel, name: channelName(channel.pool, level), level };
}

/** The channel at the same level for pages that a route of the row fuses. */
export function fusedChannel(channel: Channel, route: number): Channel {
  const { pool, level = 0 } = channel;
  return { ...channel, name: channelName(pool, level, route), fusedBy: route };
}

export function channelName(pool: PoolName, level: number, fusedBy?: number): ChannelName {
  const levelled: ChannelName = level === 0 ? pool : `${pool}#${level}`;
  return fusedBy === undefined ? levelled : (`${levelled}~${fusedBy}` as ChannelName);
}

/**
 * The channel of a pool on one base, at the first level.
 *
 * @throws IncompatibleAdapterError  when the base has no such site, norm or table
 */
export function channelOf(name: PoolName, table: SiteTable): Channel {
  const [kind, part] = name.split('.') as [string, string | undefined];
  const layers = table.layers;
  const hidden = table.hidden;
  switch (kind) {
    case 'low_rank': {
      const site = requireSite(part, table);
      return paged(name, { a: [layers, PAGE_RANKS, site.in], b: [layers, PAGE_RANKS, site.out] });
    }
    case 'output_scale':
      return { ...vector(name, { value: [layers, requireSite(part, table).out] }), law: 'scale' };
    case 'input_scale':
      return { ...vector(name, { value: [layers, requireSite(part, table).in] }), law: 'scale' };
    case 'bias':
      return vector(name, { value: [layers, requireSite(part, table).out] });
    case 'embedding': {
      const site = requireEmbedding(part, table);
      return paged(name, { a: [site.rows, PAGE_RANKS], b: [PAGE_RANKS, site.width] });
    }
    case 'bottleneck':
      return paged(name, {
        a: [layers, PAGE_RANKS, hidden],
        a_bias: [layers, PAGE_RANKS],
        b: [layers, PAGE_RANKS, hidden],
      });
    case 'bottleneck_bias':
      return vector(name, { value: [layers, hidden] });
    case 'block_norms':
      return vector(name, { gain: [2 * layers, hidden], bias: [2 * layers, hidden] });
    case 'embedding_norm': {
      const { width } = requireEmbedding('word', table);
      return vector(name, { gain: [1, width], bias: [1, width] });
    }
    case 'prefix':
      return { ...paged(name, { keys: [layers, hidden], values: [layers, hidden] }), law: 'concat' };
    case 'prompt':
      return { ...paged(name, { embeddings: [requireEmbedding('word', table).width] }), law: 'concat' };
    case 'fusion':
      return {
        ...vector(name, { score: [layers, hidden, hidden], offset: [layers, hidden], value: [layers, hidden, hidden] }),
        law: 'fusion',
      };
    case 'gate': {
      const width = part?.endsWith('_block') ? hidden : requireSite(part, table).in;
      return { ...vector(name, { value: [layers, width] }), law: 'gate' };
    }
    default:
      throw new IncompatibleAdapterError(`channelOf: expected a known channel, got ${name}`);
  }
}

function paged(name: PoolName, fields: Channel['fields']): Channel {
  return { name, pool: name, law: 'sum', isPaged: true, fields };
}

function vector(name: PoolName, fields: Channel['fields']): Channel {
  return { name, pool: name, law: 'sum', isPaged: false, fields };
}

function requireSite(role: string | undefined, table: SiteTable): Site {
  const site = table.sites.find((candidate) => candidate.role === role);
  if (!site) throw new IncompatibleAdapterError(`adapter: the base has no site of role ${role}`);
  return site;
}

function requireEmbedding(name: string | undefined, table: SiteTable): EmbeddingSite {
  const site = table.embeddings.find((candidate) => candidate.table === name);
  if (!site) throw new IncompatibleAdapterError(`adapter: the base has no ${name} embeddings`);
  return site;
}
