import { requireFinite, requireIndices, requireLength } from './checks.js';

export interface RetrievalScores {
  /** By k: share of queries whose match is among the k likest. */
  readonly recallAt: Readonly<Record<number, number>>;
  /** Mean of 1 / rank of the match, in (0, 1]. */
  readonly mrr: number;
  readonly medianRank: number;
}

/**
 * Rank from 1 of each query's match among all candidates. A tie counts against the match: an encoder that gives every text
 * one vector has rank m, not 1.
 *
 * @param likeness  [n, m] row-major, higher means liker
 * @param matches   [n] index of each query's match
 * @returns         [n]
 * @throws ValidationError  for likenesses that are not finite
 */
export function matchRanks(likeness: ArrayLike<number>, matches: ArrayLike<number>, candidates: number): Float64Array {
  requireLength('matchRanks: likeness', likeness.length, matches.length * candidates);
  requireFinite('matchRanks: likeness', likeness);
  requireIndices('matchRanks: matches', matches, candidates);
  return Float64Array.from({ length: matches.length }, (_, query) => {
    const start = query * candidates;
    const own = likeness[start + matches[query]!]!;
    let rank = 0;
    for (let at = start; at < start + candidates; at++) if (likeness[at]! >= own) rank++;
    return rank;
  });
}

/**
 * Recall at k and mean reciprocal rank, each in [0, 1]; NaN for no queries.
 *
 * Voorhees 1999, "The TREC-8 Question Answering Track Report", for the reciprocal rank.
 *
 * @param ranks  [n] see `matchRanks`
 * @param ks     the k of recall@k
 */
export function retrievalScores(ranks: ArrayLike<number>, ks: readonly number[] = [1, 5, 10]): RetrievalScores {
  const all = Float64Array.from(ranks).sort();
  const [n, middle] = [all.length, all.length >> 1];
  const within = (k: number) => all.filter((rank) => rank <= k).length / n;
  return {
    recallAt: Object.fromEntries(ks.map((k) => [k, within(k)])),
    mrr: all.reduce((sum, rank) => sum + 1 / rank, 0) / n,
    medianRank: n === 0 ? NaN : n % 2 === 1 ? all[middle]! : (all[middle - 1]! + all[middle]!) / 2,
  };
}
