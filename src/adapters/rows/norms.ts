import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { layerNorm } from '../../engine/ops/layer-norm.js';
import { mul } from '../../engine/ops/mul.js';
import { tensor } from '../../engine/tensor.js';
import type { NormSite } from '../../models/sites.js';
import type { ChannelInputs } from './channel-inputs.js';

/**
 * Layer normalisation with each row's own gain and bias: (x − mean)/√(var + ε) ⊙ (gain + Δgain) + (bias + Δbias).
 *
 * @param x [batch, seq, width]; gain and bias [width]
 * @returns [batch, seq, width]
 */
export function normWithDeltas(
  inputs: ChannelInputs,
  layers: number,
  site: NormSite,
  { x, gain, bias, epsilon }: { x: Value; gain: Value; bias: Value; epsilon: number },
): Value {
  const name = site.place === 'embeddings' ? 'embedding_norm' : 'block_norms';
  if (!inputs.has(name)) return layerNorm(x, gain, bias, epsilon);
  const stride = site.place === 'embeddings' ? 1 : 2 * layers;
  const block = site.place === 'embeddings' ? 0 : 2 * site.layer + (site.place === 'ffn' ? 1 : 0);
  const width = x.shape.at(-1) as number;
  const ones = inputs.graph.constant(tensor('float32', [width], new Float32Array(width).fill(1)));
  const zeros = inputs.graph.constant(tensor('float32', [width], new Float32Array(width)));
  const unit = layerNorm(x, ones, zeros, epsilon);
  const rowGain = add(gain, inputs.vector(name, 'gain', stride, block)); // [batch, 1, width]
  const rowBias = add(bias, inputs.vector(name, 'bias', stride, block)); // [batch, 1, width]
  return add(mul(unit, rowGain), rowBias);
}
