import { checkNesting } from './nesting.js';
import { kindOf, type Composition } from './value.js';

/** The same composition with another in the place of each member. Check the result with `checkComposition`. */
export function replaceMembers(
  composition: Composition,
  replace: (member: string, at: string) => Composition,
  at = 'composition',
): Composition {
  if (typeof composition === 'string') return replace(composition, at);
  const inside = (of: Composition, place: string): Composition => replaceMembers(of, replace, `${at}${place}`);
  if ('sum' in composition)
    return { sum: composition.sum.map((term, i) => ({ ...term, of: inside(term.of, `.sum[${i}].of`) })) };
  if ('stack' in composition) return { stack: composition.stack.map((of, i) => inside(of, `.stack[${i}]`)) };
  if ('parallel' in composition)
    return { parallel: composition.parallel.map((of, i) => inside(of, `.parallel[${i}]`)) };
  if ('split' in composition)
    return { split: composition.split.map((part, i) => ({ ...part, of: inside(part.of, `.split[${i}].of`) })) };
  const route = composition.route.map((of, i) => {
    const member = inside(of, `.route[${i}]`);
    checkNesting('route', kindOf(member), `${at}.route[${i}]`);
    return member as string;
  });
  return { ...composition, route };
}
