import { sha256Hex, type Digest } from '../common/digest.js';
import { DEFAULT_TEMPERATURE, DEFAULT_TOP_K, type Composition, type Recipe } from './value.js';

/**
 * The same recipe with its defaults said, its keys in one order and −0 as 0: a later change of a default does not change
 * what a stored recipe means, and equal recipes have equal bytes.
 */
export function canonicalRecipe({ composition, head, labels }: Recipe): Recipe {
  return { composition: canonical(composition), ...(head !== undefined && { head }), ...(labels && { labels }) };
}

/** The one file of a named composition: the canonical recipe as JSON. Its members are pinned by the caller. */
export function recipeFile(recipe: Recipe): string {
  return `${JSON.stringify(canonicalRecipe(recipe))}\n`;
}

export function recipeDigest(recipe: Recipe): Digest {
  return `sha256:${sha256Hex(recipeFile(recipe))}`;
}

function canonical(value: Composition): Composition {
  if (typeof value === 'string') return value;
  if ('sum' in value) return { sum: value.sum.map(({ of, weight }) => ({ of: canonical(of), weight: plain(weight) })) };
  if ('stack' in value) return { stack: value.stack.map(canonical) };
  if ('parallel' in value) return { parallel: value.parallel.map(canonical) };
  if ('split' in value)
    return {
      split: value.split.map(({ of, from, to }) => ({
        of: canonical(of),
        from: plain(from),
        ...(to !== undefined && { to }),
      })),
    };
  const { route, by, router, top_k, temperature, floor } = value;
  return {
    route,
    by,
    ...(router !== undefined && { router }),
    ...(by !== 'adapter_fusion' && {
      top_k: top_k ?? Math.min(DEFAULT_TOP_K, route.length),
      temperature: temperature ?? DEFAULT_TEMPERATURE,
    }),
    ...(floor !== undefined && { floor: floor === 'auto' ? floor : plain(floor) }),
  };
}

function plain(value: number): number {
  return value === 0 ? 0 : value;
}
