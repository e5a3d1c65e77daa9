import type { Centroid } from '../../adapters/brick.js';
import { ValidationError } from '../../common/errors.js';
import { calibratedFloor, DEFAULT_ABSTAINED } from './floor.js';

/** How a request's embedding is routed; as in a route. */
export interface CentroidRoute {
  readonly topK: number;
  readonly temperature: number;
  readonly floor?: number;
}

/**
 * The centroid of a member: the mean of the unit embeddings of its own texts, made unit. Zeros where they cancel out.
 *
 * @param embeddings  [texts][hidden]
 */
export function centroidOf(embeddings: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(embeddings[0]?.length ?? 0);
  for (const embedding of embeddings) unit(embedding).forEach((value, at) => (sum[at]! += value));
  return Float32Array.from(unit(sum));
}

/**
 * What a route by centroid knows of a member: its `centroidOf`, and as its floor the cosine with it that all but `abstained`
 * of its own texts reach, from -1 to 1.
 *
 * @param embeddings  [texts][hidden] of the member's texts on the bare base
 * @throws ValidationError  without texts, and for embeddings that cancel out
 */
export function calibratedCentroid(embeddings: readonly Float32Array[], abstained = DEFAULT_ABSTAINED): Centroid {
  if (embeddings.length === 0) throw new ValidationError('centroid: texts: expected at least one, got none');
  const vector = centroidOf(embeddings);
  if (vector.every((value) => value === 0))
    throw new ValidationError('centroid: texts: expected embeddings that lie to one side, got ones that cancel out');
  const floor = calibratedFloor(
    embeddings.map((embedding) => cosine(unit(embedding), vector)),
    abstained,
  );
  return { vector, floor: Math.max(-1, Math.min(1, floor)) };
}

/**
 * The shares of a route by the request's embedding: the cosine with each member's centroid, the `topK` largest kept (of
 * equal ones the first), softmax(cosine / temperature) over those. When the largest is under `floor`, no member is used
 * and the base answers.
 *
 * @param embedding  [hidden] of the request on the bare base
 * @param centroids  [members][hidden]
 * @returns          [members + 1]: the share of each member, and last 1 when the route abstained, else 0
 */
export function centroidShares(
  embedding: Float32Array,
  centroids: readonly Float32Array[],
  { topK, temperature, floor }: CentroidRoute,
): Float32Array {
  const shares = new Float32Array(centroids.length + 1);
  const request = unit(embedding);
  const cosines = centroids.map((centroid) => cosine(unit(centroid), request));
  const kept = cosines
    .map((_, member) => member)
    .sort((i, j) => cosines[j]! - cosines[i]! || i - j)
    .slice(0, topK);
  const largest = cosines[kept[0] ?? 0] ?? -Infinity;
  if (floor !== undefined && largest < floor) {
    shares[centroids.length] = 1;
    return shares;
  }
  const powers = kept.map((member) => Math.exp((cosines[member]! - largest) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  kept.forEach((member, at) => (shares[member] = powers[at]! / sum));
  return shares;
}

/** Of vectors of length 1. */
function cosine(x: Float64Array, y: ArrayLike<number>): number {
  return x.reduce((sum, value, at) => sum + value * y[at]!, 0);
}

function unit(x: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(x);
  const length = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? out : out.map((value) => value / length);
}
