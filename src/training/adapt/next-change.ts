import { SITE_ROLES } from '../../models/sites.js';
import type { MethodOptions } from '../methods/options.js';

/** Methods that can be enlarged while they train. */
export type GrowingMethod = Extract<MethodOptions, { name: 'lora' | 'dora' }>;

export interface Change {
  readonly method: GrowingMethod;
  /** What becomes of it, for the reader of a job's events. */
  readonly what: string;
}

export function isGrowing(method: MethodOptions): method is GrowingMethod {
  return method.name === 'lora' || method.name === 'dora';
}

/**
 * What a run that has stalled trains next. First every linear layer of every layer is adapted, for the same parameters do
 * more over more matrices (Hu et al. 2021, §7.1, arXiv:2106.09685); then all ranks double, α along with them (√2 with
 * α/√r) so that the scale of what is there stays. Biases are trained as before.
 *
 * @returns  nothing when a rank would pass `maxRank`
 */
export function nextChange(method: GrowingMethod, { maxRank }: { readonly maxRank: number }): Change | undefined {
  const missing = SITE_ROLES.filter((role) => !method.targets.includes(role));
  if (missing.length > 0 || method.layers !== undefined) {
    const { layers, ...rest } = method;
    const where = [
      ...(missing.length > 0 ? [`${missing.join(', ')} are adapted too`] : []),
      ...(layers === undefined ? [] : [`all layers are adapted, not ${layers.join(', ')} alone`]),
    ];
    return { method: { ...rest, targets: [...SITE_ROLES] }, what: where.join('; ') };
  }
  const ranks = [method.rank, ...Object.values(method.rankPattern)];
  if (2 * Math.max(...ranks) > maxRank) return undefined;
  const factor = method.rankStabilised ? Math.SQRT2 : 2;
  return {
    method: {
      ...method,
      rank: 2 * method.rank,
      alpha: factor * method.alpha,
      rankPattern: mapValues(method.rankPattern, (rank) => 2 * rank),
      alphaPattern: mapValues(method.alphaPattern, (alpha) => factor * alpha),
    },
    what: `rank ${method.rank} becomes ${2 * method.rank}`,
  };
}

function mapValues(record: Readonly<Record<string, number>>, change: (value: number) => number) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
