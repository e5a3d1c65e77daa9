import type { Answer, Term } from '../terms.js';

/**
 * An answer with one route decided: its terms become plain ones whose weights are multiplied by their shares, those of
 * share 0 drop out, and later routes move up. For laws that decide by the whole request, before its row is run.
 *
 * @param shares  of the route's members, in their order; more entries are not read
 */
export function settleRoute({ terms, routes }: Answer, route: number, shares: ArrayLike<number>): Answer {
  let member = 0;
  const settled = terms.flatMap((term): Term[] => {
    if (term.route === undefined || term.route < route) return [term];
    if (term.route > route) return [{ ...term, route: term.route - 1 }];
    const share = shares[member++] ?? 0;
    const { route: _decided, weight, ...rest } = term;
    return share === 0 ? [] : [{ ...rest, weight: weight * share }];
  });
  return { terms: settled, routes: routes.filter((_, at) => at !== route) };
}
