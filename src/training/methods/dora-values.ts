import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { detach } from '../../engine/ops/detach.js';
import { div } from '../../engine/ops/div.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { swapLast, type ModuleValues } from '../graph/module-values.js';

/**
 * y = g ⊙ (W·x + s·B·A·x) + b with g = m / ‖W + s·B·A‖, the norm over each output row taken as a constant in the backward
 * pass (§4.3), which saves the gradient through it.
 *
 * @param a [rank, in], b [out, rank], magnitude [out], each after [runs] with several; weight [out, in]
 */
export function doraValues({
  a,
  b,
  scale,
  magnitude,
  weight,
}: Record<'a' | 'b' | 'scale' | 'magnitude' | 'weight', Value>): ModuleValues {
  const merged = add(weight, mul(matmul(b, a), scale)); // [out, in]
  const norm = detach(sqrt(reduceSum(square(merged), { axes: [-1] }))); // [out]
  const gain = div(magnitude, norm);
  const scaled = mul(mul(swapLast(b), scale), unsqueeze(gain, [-2])); // [rank, out]
  return { outputScale: gain, lowRank: { a, b: scaled } };
}
