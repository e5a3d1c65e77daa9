import type { RowHooks } from '../../models/row-hooks.js';
import type { SiteTable } from '../../models/sites.js';
import { adaptedHooks } from './adapted-hooks.js';
import type { ChannelInputs } from './channel-inputs.js';
import { PooledAdapters } from './pooled-adapters.js';
import type { PooledRoutes } from './routing/pooled-routes.js';

/** Row hooks that read every adapter from page pools given as graph inputs. */
export function pooledHooks(inputs: ChannelInputs, table: SiteTable, routes?: PooledRoutes): RowHooks {
  return adaptedHooks(new PooledAdapters(inputs, table, routes));
}
