import type { Tensor } from '../engine/tensor.js';
import type { Dense, Head } from './heads.js';

/** The head whose tensors are what `replace` makes of them; each is named by its place, e.g. `dense.weight`. */
export function mapHead(
  head: Head,
  replace: (place: string, tensor: Tensor<'float32'>) => Tensor<'float32'>,
): Head {
  const dense = (place: string, { weight, bias }: Dense): Dense => ({
    weight: replace(`${place}.weight`, weight),
    bias: replace(`${place}.bias`, bias),
  });
  switch (head.kind) {
    case 'token':
      return { ...head, out: dense('out', head.out) };
    case 'sequence':
      return { ...head, dense: dense('dense', head.dense), out: dense('out', head.out) };
    case 'masked_lm': {
      const { gain, bias, epsilon } = head.norm;
      const norm = { gain: replace('norm.gain', gain), bias: replace('norm.bias', bias), epsilon };
      return { ...head, dense: dense('dense', head.dense), norm, decoder: dense('decoder', head.decoder) };
    }
  }
}

/** Every tensor of a head by its place. */
export function headTensors(head: Head): Map<string, Tensor<'float32'>> {
  const tensors = new Map<string, Tensor<'float32'>>();
  mapHead(head, (place, tensor) => {
    tensors.set(place, tensor);
    return tensor;
  });
  return tensors;
}
