import { tensor, type Tensor } from '../engine/tensor.js';
import type { Dense, Head } from '../models/heads.js';

/**
 * A copy of a head in memory of its own. Views into a whole adapter file would keep the file in memory, and the engine
 * takes no shared memory as input.
 */
export function ownHead(head: Head): Head {
  const dense = ({ weight, bias }: Dense): Dense => ({ weight: copy(weight), bias: copy(bias) });
  switch (head.kind) {
    case 'token':
      return { ...head, out: dense(head.out) };
    case 'sequence':
      return { ...head, dense: dense(head.dense), out: dense(head.out) };
    case 'masked_lm': {
      const { gain, bias, epsilon } = head.norm;
      const norm = { gain: copy(gain), bias: copy(bias), epsilon };
      return { ...head, dense: dense(head.dense), norm, decoder: dense(head.decoder) };
    }
  }
}

/** Bytes of a head's weights. */
export function headBytes(head: Head): number {
  const dense = ({ weight, bias }: Dense): number => weight.data.byteLength + bias.data.byteLength;
  if (head.kind === 'token') return dense(head.out);
  if (head.kind === 'sequence') return dense(head.dense) + dense(head.out);
  const { gain, bias } = head.norm;
  return dense(head.dense) + gain.data.byteLength + bias.data.byteLength + dense(head.decoder);
}

function copy({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  return tensor('float32', shape, new Float32Array(data)); // on an ArrayBuffer, whatever `data` lies on
}
