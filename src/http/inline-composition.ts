import { checkComposition } from '../composition/check.js';
import { readRecipe } from '../composition/json.js';
import { ValidationError } from '../common/errors.js';
import type { InlineComposition } from '../serving/served-model.js';

/** What a request may say beside its `model`. */
export interface InlineFields {
  readonly composition?: unknown;
  readonly adapters?: readonly { readonly name: string; readonly weight: number }[] | undefined;
}

/**
 * A recipe from a request, in any of its forms.
 *
 * @throws ValidationError `invalid_composition`  whose `param` is the place
 */
export function toInline(value: unknown, at = 'composition'): InlineComposition {
  const hasHead = typeof value === 'object' && value !== null && 'composition' in value;
  return { recipe: readRecipe(value, at), at: hasHead ? `${at}.composition` : at, recipeAt: at };
}

/** The composition that a request brings; undefined where it brings none. */
export function inlineOf({ composition, adapters }: InlineFields): { inline?: InlineComposition } {
  if (composition !== undefined && adapters !== undefined) {
    throw new ValidationError('adapters: expected either composition or adapters, got both', { param: 'adapters' });
  }
  if (composition !== undefined) return { inline: toInline(composition) };
  if (adapters === undefined) return {};
  const recipe = { composition: { sum: adapters.map(({ name, weight }) => ({ of: name, weight })) } };
  checkComposition(recipe.composition, 'adapters');
  return { inline: { recipe, at: 'adapters', recipeAt: 'adapters' } };
}
