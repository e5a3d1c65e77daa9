import { SITE_ROLES } from '../../../models/sites.js';
import type { GatePlace } from '../../brick.js';
import type { PoolName } from '../channel.js';

const ROUTED_AT_SITES = ['low_rank', 'bias', 'output_scale'];
const ROUTED_AT_BLOCKS = ['bottleneck', 'bottleneck_bias'];

/** The place whose gate vectors decide over the pages of a pool, or nothing where pages cannot be routed. */
export function gatePlaceOf(pool: PoolName): GatePlace | undefined {
  const [kind = '', part = ''] = pool.split('.');
  if (ROUTED_AT_BLOCKS.includes(kind)) return part === 'attention' ? 'attention_block' : 'ffn_block';
  return ROUTED_AT_SITES.includes(kind) ? SITE_ROLES.find((role) => role === part) : undefined;
}
