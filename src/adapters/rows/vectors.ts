import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { linear } from '../../engine/ops/linear.js';
import { mul } from '../../engine/ops/mul.js';
import type { Site } from '../../models/sites.js';
import type { ChannelInputs } from './channel-inputs.js';

/**
 * A frozen linear layer with the vectors of each row: o ⊙ (W·(i ⊙ x)) + b + c. Scale and bias are not touched when no row
 * of the variant has them; a row without them reads page 0, ones for scales and zeros for biases.
 *
 * DoRA's o acts before the bias (Liu et al. 2024, arXiv:2402.09353); (IA)³ scales the bias too, which its c makes up for
 * (Liu et al. 2022, arXiv:2205.05638).
 *
 * @param x      [batch, seq, in]
 * @param weight [out, in]
 * @param bias   [out]
 * @returns      [batch, seq, out]
 */
export function linearWithVectors(
  inputs: ChannelInputs,
  layers: number,
  site: Site,
  { x, weight, bias }: { x: Value; weight: Value; bias: Value | undefined },
): Value {
  const read = (name: 'input_scale' | 'output_scale' | 'bias'): Value | undefined =>
    inputs.has(`${name}.${site.role}`) ? inputs.vector(`${name}.${site.role}`, 'value', layers, site.layer) : undefined;
  const inputScale = read('input_scale'); // [batch, 1, in]
  const outputScale = read('output_scale'); // [batch, 1, out]
  const rowBias = read('bias'); // [batch, 1, out]
  const scaled = inputScale ? mul(x, inputScale) : x;
  if (!outputScale && !rowBias) return linear(scaled, weight, bias);
  const product = linear(scaled, weight);
  const whole = rowBias && bias ? add(bias, rowBias) : (rowBias ?? bias); // [batch, 1, out] or [out]
  const output = outputScale ? mul(product, outputScale) : product;
  return whole ? add(output, whole) : output;
}
