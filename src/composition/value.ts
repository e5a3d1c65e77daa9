/** How a route chooses between its members; `src/serving/gates` has what each needs. */
export const ROUTING_LAWS = ['arrow', 'phatgoose', 'centroid', 'mod_squad', 'adapter_fusion'] as const;
export type RoutingLaw = (typeof ROUTING_LAWS)[number];

/** Σ weight · of */
export interface Sum {
  readonly sum: readonly { readonly of: Composition; readonly weight: number }[];
}

/** One after the other, the first nearest to the base. */
export interface Stack {
  readonly stack: readonly Composition[];
}

/** Several answers to each input. */
export interface Parallel {
  readonly parallel: readonly Composition[];
}

/** Each part acts on its own tokens of the input. */
export interface Split {
  readonly split: readonly Part[];
}

/** Tokens `from` ≤ t < `to`, special tokens counted and virtual tokens not; without `to`, up to the end. */
export interface Part {
  readonly of: Composition;
  readonly from: number;
  readonly to?: number;
}

/**
 * The best `top_k` members, chosen by the input; none of them when the best logit is under `floor`. `adapter_fusion` mixes all
 * of them, by a `router` that it cannot do without, and takes neither of these nor a `temperature`.
 */
export interface Route {
  readonly route: readonly string[];
  readonly by: RoutingLaw;
  /** What weighs the members in the place of what they hold themselves; a name as theirs are. */
  readonly router?: string;
  readonly top_k?: number;
  readonly temperature?: number;
  /** `auto`: the one that the members were calibrated to. */
  readonly floor?: RouteFloor;
}

export type RouteFloor = number | 'auto';

/** Bricks put together into one model; a text is a member: `name`, `name@alias`, `name@sha256:…`, `owner/name…`. */
export type Composition = string | Sum | Stack | Parallel | Split | Route;

/** Whose labels answer: those of all members side by side, their mean, the base's, or those of one member. */
export type HeadChoice = 'union' | 'mean' | 'base' | { readonly member: string };

/** A composition and what answers. */
export interface Recipe {
  readonly composition: Composition;
  /** Absent: the only head there is; the mean where all heads have the same labels; else the union. */
  readonly head?: HeadChoice;
  /** Only these labels answer. */
  readonly labels?: readonly string[];
}

export const DEFAULT_TOP_K = 2;
export const DEFAULT_TEMPERATURE = 1;

export type CompositionKind = 'member' | 'sum' | 'stack' | 'parallel' | 'split' | 'route';

export function kindOf(composition: Composition): CompositionKind {
  if (typeof composition === 'string') return 'member';
  if ('sum' in composition) return 'sum';
  if ('stack' in composition) return 'stack';
  if ('parallel' in composition) return 'parallel';
  return 'split' in composition ? 'split' : 'route';
}

/** A composition directly inside another, and its place there, e.g. `.sum[1].of`. */
export interface Child {
  readonly of: Composition;
  readonly at: string;
}

/** The same composition with others in the place of those directly inside it; a route and its router take members only. */
export function mapChildren(
  composition: Composition,
  change: (of: Composition, at: string) => Composition,
): Composition {
  if (typeof composition === 'string') return composition;
  if ('sum' in composition)
    return { sum: composition.sum.map((term, i) => ({ ...term, of: change(term.of, `.sum[${i}].of`) })) };
  if ('stack' in composition) return { stack: composition.stack.map((of, i) => change(of, `.stack[${i}]`)) };
  if ('parallel' in composition)
    return { parallel: composition.parallel.map((of, i) => change(of, `.parallel[${i}]`)) };
  if ('split' in composition)
    return { split: composition.split.map((part, i) => ({ ...part, of: change(part.of, `.split[${i}].of`) })) };
  const { route, router } = composition;
  return {
    ...composition,
    route: route.map((of, i) => change(of, `.route[${i}]`) as string),
    ...(router !== undefined && { router: change(router, '.router') as string }),
  };
}

export function childrenOf(composition: Composition): readonly Child[] {
  const children: Child[] = [];
  mapChildren(composition, (of, at) => {
    children.push({ of, at });
    return of;
  });
  return children;
}

/** Every member and router once, in the order of its first place. */
export function membersOf(composition: Composition): string[] {
  if (typeof composition === 'string') return [composition];
  return [...new Set(childrenOf(composition).flatMap(({ of }) => membersOf(of)))];
}
