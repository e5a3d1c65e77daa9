import { z } from 'zod';
import { readRecipe } from '../../composition/json.js';
import type { Recipe } from '../../composition/value.js';
import type { AdapterSummary } from '../adapter-version.js';

/** What a version that is a composition keeps in its summary, beside what its head gives. */
const composedDetails = z.object({
  recipe: z.unknown().describe('As in its file: every member pinned by digest, compositions among them put out'),
  through: z.array(z.string()).describe('Names of the compositions that were put out'),
});

export interface ComposedDetails {
  readonly recipe: Recipe;
  readonly through: readonly string[];
}

export function readComposedDetails({ details }: AdapterSummary): ComposedDetails {
  const { recipe, through } = composedDetails.parse(details);
  return { recipe: readRecipe(recipe), through };
}
