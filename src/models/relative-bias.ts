import type { Value } from '../engine/graph.js';
import type { Dim } from '../engine/dim.js';
import { add } from '../engine/ops/add.js';
import { gather } from '../engine/ops/gather.js';
import { iota } from '../engine/ops/iota.js';
import { maximum } from '../engine/ops/maximum.js';
import { minimum } from '../engine/ops/minimum.js';
import { sub } from '../engine/ops/sub.js';
import { transpose } from '../engine/ops/transpose.js';
import { unsqueeze } from '../engine/ops/reshape.js';
import { tensor } from '../engine/tensor.js';

/** Buckets that MPNet's encoder uses, whatever the size of its table. */
export const RELATIVE_BUCKETS = 32;
/** Distances from here on share the last bucket. */
const MAX_DISTANCE = 128;

/**
 * Attention bias by the distance between key and query, counted in rows of the sequence (virtual tokens included), not in
 * position ids: bias[h, q, k] = table[bucket(k − q), h].
 *
 * Distances are clamped to ±128 and looked up in a constant list of buckets, so that no logarithm is taken at run time.
 *
 * Raffel et al. 2020, "Exploring the Limits of Transfer Learning", §2.1, arXiv:1910.10683, as MPNet uses it.
 *
 * @param table [buckets ≥ 32, heads]
 * @returns     [heads, seq, seq]
 */
export function relativeBias(table: Value, seq: Dim): Value {
  const { graph } = table;
  const buckets = graph.constant(tensor('int32', [2 * MAX_DISTANCE + 1], bucketList()));
  const byDistance = gather(table, buckets, 0); // [257, heads]
  const rows = iota(graph, seq);
  const distance = sub(unsqueeze(rows, [0]), unsqueeze(rows, [1])); // [query, key]: key − query
  const clamped = maximum(
    minimum(distance, graph.scalar(MAX_DISTANCE, 'int32')),
    graph.scalar(-MAX_DISTANCE, 'int32'),
  );
  const bias = gather(byDistance, add(clamped, graph.scalar(MAX_DISTANCE, 'int32')), 0); // [seq, seq, heads]
  return transpose(bias, [2, 0, 1]);
}

/** Buckets of the distances −128 … 128. */
function bucketList(): Int32Array {
  return Int32Array.from({ length: 2 * MAX_DISTANCE + 1 }, (_, index) => relativeBucket(index - MAX_DISTANCE));
}

/**
 * Bucket of a distance key − query: half of the buckets for keys before the query, half for keys after it; in each half one
 * bucket for each of the 8 nearest distances and 8 that grow with the logarithm up to 128. Computed with the roundings of
 * float32, since checkpoints were trained with them.
 */
export function relativeBucket(distance: number): number {
  const half = RELATIVE_BUCKETS / 2;
  const exact = half / 2;
  const start = distance > 0 ? half : 0;
  const steps = Math.abs(distance);
  if (steps < exact) return start + steps;
  const share = Math.fround(Math.fround(Math.log(steps / exact)) / Math.fround(Math.log(MAX_DISTANCE / exact)));
  return start + Math.min(exact + Math.trunc(Math.fround(share * (half - exact))), half - 1);
}
