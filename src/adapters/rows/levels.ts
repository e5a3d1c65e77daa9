import type { PoolName } from './channel.js';
import type { Placement } from './placement.js';

/** The level of a channel in the graph for a part that stands at `level` of its row. */
export type LevelOf = (pool: PoolName, level: number) => number;

/**
 * The fewest levels that say the same as a row's own. Parts of different levels differ only where one acts on what the
 * other left: a scale of outputs on the site's output below it, an input scale on another, a bottleneck on what the one
 * below gave. Low-rank pages and biases of any levels with no scale between them, norms, tables and virtual tokens are one
 * sum. So stacked LoRAs run on the program of summed ones.
 */
export function levelsOf(parts: readonly { readonly placement: Placement; readonly level: number }[]): LevelOf {
  const levels = [...new Set(parts.map(({ level }) => level))].sort((a, b) => a - b);
  if (levels.length <= 1) return () => 0;
  const top = new Map<string, number>();
  const found = new Map<string, number>();
  for (const level of levels) {
    const here = parts.filter((part) => part.level === level).flatMap(({ placement }) => [...placement.pages.keys()]);
    for (const group of new Set(here.map(groupOf))) {
      const below = top.get(group);
      const at = below === undefined ? 0 : here.some((pool) => opensLevel(pool, group)) ? below + 1 : below;
      top.set(group, at);
      found.set(`${group}@${level}`, at);
    }
  }
  return (pool, level) => found.get(`${groupOf(pool)}@${level}`) ?? 0;
}

/** Channels whose levels are counted together. */
function groupOf(pool: PoolName): string {
  const [kind = '', part = ''] = pool.split('.');
  if (kind === 'low_rank' || kind === 'output_scale' || kind === 'bias') return `site.${part}`;
  if (kind === 'bottleneck' || kind === 'bottleneck_bias' || kind === 'fusion') return `block.${part}`;
  return kind === 'input_scale' ? pool : '';
}

function opensLevel(pool: PoolName, group: string): boolean {
  if (groupOf(pool) !== group) return false;
  return group.startsWith('site.') ? pool.startsWith('output_scale.') : group !== '';
}
