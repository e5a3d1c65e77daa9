import { isNamed } from '../../adapters/targeting.js';
import type { Site, SiteRole } from '../../models/sites.js';
import type { TrainingBase } from '../step/run-model.js';

/**
 * `target_modules` for the sites of these roles and layers: the shortest endings that name no other module (`query`), or,
 * where there is none for a role or not all layers are meant, the whole paths.
 *
 * @param prefix  of the trunk in the task's model
 */
export function targetNames(
  { sites, config }: TrainingBase,
  prefix: string,
  roles: readonly SiteRole[],
  layers?: readonly number[],
): { readonly names: readonly string[]; readonly sites: readonly Site[] } {
  const chosen = sites.sites.filter(
    ({ role, layer }) => roles.includes(role) && (layers === undefined || layers.includes(layer)),
  );
  const endings = roles.map((role) => shortEnding(sites.sites, role));
  const isAll = layers === undefined || new Set(layers).size === config.layers;
  const short = endings.filter((ending) => ending !== undefined);
  const names = isAll && short.length === roles.length ? short : chosen.map(({ module }) => prefix + module);
  return { names, sites: chosen };
}

function shortEnding(sites: readonly Site[], role: SiteRole): string | undefined {
  const parts = sites.find((site) => site.role === role)?.module.split('.') ?? [];
  const endings = parts.map((_part, at) => parts.slice(parts.length - 1 - at).join('.'));
  return endings.find((ending) => sites.every((site) => isNamed(site.module, ending) === (site.role === role)));
}
