import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { linear } from '../../engine/ops/linear.js';
import { mul } from '../../engine/ops/mul.js';
import type { Site } from '../../models/sites.js';
import type { RowAdapters } from './row-adapters.js';

/**
 * A frozen linear layer with the vectors of each row: o ⊙ (W·(i ⊙ x)) + b'. Scale and bias are not touched where no row has
 * them.
 *
 * DoRA's o acts before the bias (Liu et al. 2024, arXiv:2402.09353); (IA)³ scales the bias too, which its b' makes up for
 * (Liu et al. 2022, arXiv:2205.05638).
 *
 * @param x      [batch, seq, in]
 * @param weight [out, in]
 * @param bias   [out]
 * @returns      [batch, seq, out]
 */
export function linearWithVectors(
  adapters: RowAdapters,
  site: Site,
  { x, weight, bias }: { x: Value; weight: Value; bias: Value | undefined },
): Value {
  const inputScale = adapters.inputScale(site);
  const outputScale = adapters.outputScale(site, x);
  const own = adapters.bias(site, bias, x);
  const scaled = inputScale ? mul(x, inputScale) : x;
  if (!outputScale && !own) return linear(scaled, weight, bias);
  const product = linear(scaled, weight);
  const whole = own ?? bias;
  const output = outputScale ? mul(product, outputScale) : product;
  return whole ? add(output, whole) : output;
}
