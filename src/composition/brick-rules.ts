import type { BrickPart } from './brick-parts.js';
import { invalidComposition } from './invalid.js';
import type { Answer, RouteTerm, Term } from './terms.js';

/**
 * What a term asks of its brick: a weight other than 1, a weight below 0, others at its level, tokens of its own, a share
 * of a route, a part in what attention mixes, a level above another brick.
 */
export type BrickUse = 'weight' | 'negate' | 'sum' | 'split' | 'route' | 'fuse' | 'stack';

const SCALES_MULTIPLY = 'scales multiply, so no weighted sum of them is one; stack it, with weight 1';
const WHOLE_ROW = 'its scales are those of the whole row';
const NO_GATE_AT_NORM = 'a gate stands at a linear layer or a bottleneck, not at a norm';
const NO_GATE_AT_TABLE = 'a table is asked for tokens, and a gate reads hidden states';
const TOKENS_COUNT = 'virtual tokens are there or not; their weight is 1';
const TOKENS_FOR_ALL = 'virtual tokens are read by every token of the row';
const MIXES_OUTPUTS =
  'adapter_fusion mixes what bottlenecks put out at the end of a block; route it by phatgoose or arrow, or make a soup of it';
const MERGE_ONLY = 'a model of its own is served in the place of the base; merge it in the place of composing';

/** Which uses a part of a brick refuses, each with its reason; all else is exact. */
export const BRICK_RULES: Readonly<Record<BrickPart, Readonly<Partial<Record<BrickUse, string>>>>> = {
  low_rank: { fuse: MIXES_OUTPUTS },
  bottleneck: {},
  scaled_low_rank: { fuse: MIXES_OUTPUTS },
  scale: {
    weight: SCALES_MULTIPLY,
    negate: SCALES_MULTIPLY,
    sum: SCALES_MULTIPLY,
    split: WHOLE_ROW,
    route: WHOLE_ROW,
    fuse: MIXES_OUTPUTS,
  },
  bias: { fuse: MIXES_OUTPUTS },
  norm: { route: NO_GATE_AT_NORM, fuse: MIXES_OUTPUTS },
  embedding: { route: NO_GATE_AT_TABLE, fuse: MIXES_OUTPUTS },
  prefix: {
    weight: TOKENS_COUNT,
    negate: TOKENS_COUNT,
    split: TOKENS_FOR_ALL,
    route: TOKENS_FOR_ALL,
    fuse: MIXES_OUTPUTS,
  },
  prompt: {
    weight: TOKENS_COUNT,
    negate: TOKENS_COUNT,
    split: TOKENS_FOR_ALL,
    route: TOKENS_FOR_ALL,
    fuse: MIXES_OUTPUTS,
  },
  whole_model: {
    weight: MERGE_ONLY,
    negate: MERGE_ONLY,
    sum: MERGE_ONLY,
    split: MERGE_ONLY,
    route: MERGE_ONLY,
    fuse: MERGE_ONLY,
    stack: MERGE_ONLY,
  },
};

/**
 * Every term of an answer against the table.
 *
 * @param partsOf  of a member, by its name in the terms
 * @throws ValidationError  with the reason, code `invalid_composition`, `param` = `at`
 */
export function checkBricks(
  { terms, routes }: Answer,
  partsOf: (member: string) => readonly BrickPart[],
  at = 'composition',
): void {
  for (const term of terms) {
    const uses = usesOf(term, terms, routes);
    for (const part of partsOf(term.member)) {
      const use = uses.find((one) => BRICK_RULES[part][one] !== undefined);
      if (use === undefined) continue;
      const rule = `${term.member} holds ${NAMES[part]}, which cannot be ${USES[use]}`;
      throw invalidComposition(at, `${rule}: ${BRICK_RULES[part][use]!}`);
    }
  }
}

function usesOf(term: Term, terms: readonly Term[], routes: readonly RouteTerm[]): BrickUse[] {
  // Decided before the row is run: then a share is a weight.
  const by = term.route === undefined ? undefined : routes[term.route]?.by;
  const isByRequest = by === 'centroid';
  const uses: [BrickUse, boolean][] = [
    ['fuse', by === 'adapter_fusion'],
    ['route', term.route !== undefined && !isByRequest],
    ['split', term.tokens !== undefined],
    ['negate', term.weight < 0],
    ['weight', term.weight !== 1 || isByRequest],
    ['sum', terms.some((other) => other !== term && other.level === term.level)],
    ['stack', terms.some((other) => other.level !== term.level)],
  ];
  return uses.filter(([, isUsed]) => isUsed).map(([use]) => use);
}

const NAMES: Readonly<Record<BrickPart, string>> = {
  low_rank: 'a low-rank update',
  scaled_low_rank: 'a low-rank update with a scale (DoRA)',
  scale: 'scales ((IA)³)',
  bias: 'bias deltas',
  norm: 'norm deltas',
  embedding: 'an update of an embedding table',
  bottleneck: 'bottleneck units',
  prefix: 'a prefix',
  prompt: 'a prompt',
  whole_model: 'a whole model',
};

const USES: Readonly<Record<BrickUse, string>> = {
  weight: 'weighted',
  negate: 'negated',
  sum: 'summed with another',
  split: 'given to some tokens alone',
  route: 'routed',
  fuse: 'mixed by attention',
  stack: 'stacked',
};
