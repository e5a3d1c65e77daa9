import { checkNesting } from './nesting.js';
import { kindOf, mapChildren, type Composition } from './value.js';

/** The same composition with another in the place of each member. Check the result with `checkComposition`. */
export function replaceMembers(
  composition: Composition,
  replace: (member: string, at: string) => Composition,
  at = 'composition',
): Composition {
  if (typeof composition === 'string') return replace(composition, at);
  return mapChildren(composition, (of, place) => {
    const inside = replaceMembers(of, replace, `${at}${place}`);
    checkNesting(kindOf(composition), kindOf(inside), `${at}${place}`);
    return inside;
  });
}
