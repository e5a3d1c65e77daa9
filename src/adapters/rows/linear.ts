import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { mul } from '../../engine/ops/mul.js';
import type { Site } from '../../models/sites.js';
import { lowRankUpdate } from './low-rank.js';
import type { RowAdapters } from './row-adapters.js';
import { linearWithVectors } from './vectors.js';

/**
 * A frozen linear layer with the adapters of each row: y = o ⊙ (W·(i ⊙ x)) + b + c + Σₚ gₚ · Bₚ(Aₚ x). Levels of a stack act
 * on what the levels below left, base bias apart: z ← o ⊙ z + Σₚ gₚ · Bₚ(Aₚ x) + c, and y = z + b. So two scales that scale
 * the bias too, c = (o − 1) ⊙ b each, are the product of both on W·x + b.
 *
 * @param x      [batch, seq, in]
 * @param weight [out, in]
 * @param bias   [out]
 * @returns      [batch, seq, out]
 */
export function adaptedLinear(
  adapters: RowAdapters,
  site: Site,
  { x, weight, bias }: { x: Value; weight: Value; bias: Value | undefined },
): Value {
  const above = adapters.levelsAbove?.(site, x) ?? [];
  const product = linearWithVectors(adapters, site, { x, weight, bias: above.length === 0 ? bias : undefined });
  const lowRank = adapters.lowRank(site, x);
  let z = lowRank ? add(product, lowRankUpdate(lowRank, x)) : product;
  for (const level of above) {
    if (level.outputScale) z = mul(z, level.outputScale);
    if (level.lowRank) z = add(z, lowRankUpdate(level.lowRank, x));
    if (level.bias) z = add(z, level.bias);
  }
  return above.length > 0 && bias ? add(z, bias) : z;
}
