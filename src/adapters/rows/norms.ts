import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { layerNorm } from '../../engine/ops/layer-norm.js';
import { mul } from '../../engine/ops/mul.js';
import { tensor } from '../../engine/tensor.js';
import type { NormSite } from '../../models/sites.js';
import type { RowAdapters } from './row-adapters.js';

/**
 * Layer normalisation with an adapter's gain and bias: (x − mean)/√(var + ε) ⊙ gain' + bias'.
 *
 * @param x [batch, seq, width]; gain and bias [width]
 * @returns [batch, seq, width]
 */
export function adaptedNorm(
  adapters: RowAdapters,
  site: NormSite,
  { x, gain, bias, epsilon }: { x: Value; gain: Value; bias: Value; epsilon: number },
): Value {
  const own = adapters.norm(site, { gain, bias });
  if (!own) return layerNorm(x, gain, bias, epsilon);
  if (own.gain.shape.length === 1 && own.bias.shape.length === 1) return layerNorm(x, own.gain, own.bias, epsilon);
  const width = x.shape.at(-1) as number;
  const ones = x.graph.constant(tensor('float32', [width], new Float32Array(width).fill(1)));
  const zeros = x.graph.constant(tensor('float32', [width], new Float32Array(width)));
  return add(mul(layerNorm(x, ones, zeros, epsilon), own.gain), own.bias);
}
