import type { Tensor } from '../engine/tensor.js';
import type { Activation, Dense, Head } from '../models/heads.js';

/** What a head is beside its tensors; they are named by their places as `headTensors` has them. */
export type HeadFields =
  | { readonly kind: 'sequence'; readonly activation: Activation }
  | { readonly kind: 'token' }
  | { readonly kind: 'masked_lm'; readonly activation: Activation; readonly epsilon: number };

export function headFields(head: Head): HeadFields {
  if (head.kind === 'token') return { kind: 'token' };
  if (head.kind === 'sequence') return { kind: 'sequence', activation: head.activation };
  return { kind: 'masked_lm', activation: head.activation, epsilon: head.norm.epsilon };
}

/** The head of these fields. @param read  gives the tensor of a place, e.g. `dense.weight` */
export function headFrom(fields: HeadFields, read: (place: string) => Tensor<'float32'>): Head {
  const dense = (name: string): Dense => ({ weight: read(`${name}.weight`), bias: read(`${name}.bias`) });
  if (fields.kind === 'token') return { kind: 'token', out: dense('out') };
  const { activation } = fields;
  if (fields.kind === 'sequence') return { kind: 'sequence', activation, dense: dense('dense'), out: dense('out') };
  const norm = { gain: read('norm.gain'), bias: read('norm.bias'), epsilon: fields.epsilon };
  return { kind: 'masked_lm', activation, dense: dense('dense'), norm, decoder: dense('decoder') };
}
