/** A term of a row, as far as its route is asked. */
interface RoutedTerm {
  readonly weight: number;
  readonly route?: number;
}

/** Terms with the routes that share them out. */
export interface RoutedTerms<Term, Route> {
  readonly terms: readonly Term[];
  readonly routes: readonly Route[];
}

/**
 * Terms with one route decided: its terms become plain ones whose weights are multiplied by their shares, those of
 * share 0 drop out, and later routes move up. For laws that decide by the whole request, before its row is run.
 *
 * @param shares  of the route's members, in their order; more entries are not read
 */
export function settleRoute<Term extends RoutedTerm, Route>(
  { terms, routes }: RoutedTerms<Term, Route>,
  route: number,
  shares: ArrayLike<number>,
): RoutedTerms<Term, Route> {
  let member = 0;
  const settled = terms.flatMap((term): Term[] => {
    if (term.route === undefined || term.route < route) return [term];
    if (term.route > route) return [{ ...term, route: term.route - 1 }];
    const share = shares[member++] ?? 0;
    const { route: _decided, ...rest } = term;
    return share === 0 ? [] : [{ ...(rest as Term), weight: term.weight * share }];
  });
  return { terms: settled, routes: routes.filter((_, at) => at !== route) };
}
