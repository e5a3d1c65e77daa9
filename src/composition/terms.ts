import type { TokenRange } from '../adapters/rows/token-range.js';
import {
  DEFAULT_TEMPERATURE,
  DEFAULT_TOP_K,
  type Composition,
  type Route,
  type RouteFloor,
  type RoutingLaw,
} from './value.js';

/** One brick of a row with its weight. */
export interface Term {
  readonly member: string;
  readonly weight: number;
  /** 0 is nearest to the base; the terms of one level act at once. */
  readonly level: number;
  /** Absent: all tokens. */
  readonly tokens?: TokenRange;
  /** The place of its route in `Answer.routes`: then `weight` is multiplied by the member's share. */
  readonly route?: number;
}

/** How the terms of one route share it. */
export interface RouteTerm {
  readonly by: RoutingLaw;
  readonly topK: number;
  readonly temperature: number;
  readonly floor?: RouteFloor;
  /** What weighs the members; absent: what they hold themselves. */
  readonly router?: string;
  /** In the order of the terms with this route. */
  readonly members: readonly string[];
}

/** What one row of a batch computes. No terms at all: the bare base. */
export interface Answer {
  readonly terms: readonly Term[];
  readonly routes: readonly RouteTerm[];
}

/**
 * A composition as weighted terms of rows, one row for each of its answers.
 *
 * Weights multiply through sums; the ranges of splits meet, and what is left empty drops out; the items of a stack get
 * levels 0, 1, …; equal terms are added up; weight 0 drops out, and with it a route. The order of the terms is that of
 * the text.
 *
 * @param composition  checked by `checkComposition`
 */
export function reduceComposition(composition: Composition): { readonly answers: readonly Answer[] } {
  const alternatives =
    typeof composition === 'object' && 'parallel' in composition ? composition.parallel : [composition];
  return { answers: alternatives.map((one) => new Reduction().reduce(one)) };
}

interface Place {
  readonly weight: number;
  readonly level: number;
  readonly tokens: TokenRange;
}

const ALL_TOKENS: TokenRange = { from: 0 };

class Reduction {
  private readonly terms = new Map<string, Term>();
  private readonly routes: RouteTerm[] = [];

  reduce(composition: Composition): Answer {
    this.visit(composition, { weight: 1, level: 0, tokens: ALL_TOKENS });
    return { terms: [...this.terms.values()].filter(({ weight }) => weight !== 0), routes: this.routes };
  }

  /** Adds the terms of `value`; returns the first level above them. */
  private visit(value: Composition, place: Place): number {
    if (typeof value === 'string') this.add(value, place);
    else if ('sum' in value)
      for (const { of, weight } of value.sum) this.visit(of, { ...place, weight: place.weight * weight });
    else if ('split' in value)
      for (const { of, ...range } of value.split) this.visit(of, { ...place, tokens: meet(place.tokens, range) });
    else if ('stack' in value)
      return value.stack.reduce((level, of) => this.visit(of, { ...place, level }), place.level);
    else if ('route' in value) this.addRoute(value, place);
    return place.level + 1;
  }

  private add(member: string, { weight, level, tokens }: Place, route?: number): void {
    if (isEmpty(tokens)) return;
    const key = JSON.stringify([member, level, tokens.from, tokens.to ?? null, route ?? null]);
    const isWhole = tokens.from === 0 && tokens.to === undefined;
    this.terms.set(key, {
      member,
      weight: (this.terms.get(key)?.weight ?? 0) + weight,
      level,
      ...(!isWhole && { tokens }),
      ...(route !== undefined && { route }),
    });
  }

  private addRoute({ route: members, by, router, top_k, temperature, floor }: Route, place: Place): void {
    if (place.weight === 0 || isEmpty(place.tokens)) return;
    this.routes.push({
      by,
      topK: top_k ?? (by === 'adapter_fusion' ? members.length : Math.min(DEFAULT_TOP_K, members.length)),
      temperature: temperature ?? DEFAULT_TEMPERATURE,
      ...(floor !== undefined && { floor }),
      ...(router !== undefined && { router }),
      members,
    });
    for (const member of members) this.add(member, place, this.routes.length - 1);
  }
}

function meet(a: TokenRange, b: TokenRange): TokenRange {
  const to = Math.min(a.to ?? Infinity, b.to ?? Infinity);
  return { from: Math.max(a.from, b.from), ...(to !== Infinity && { to }) };
}

function isEmpty({ from, to }: TokenRange): boolean {
  return to !== undefined && to <= from;
}
