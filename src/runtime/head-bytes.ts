import type { Dense, Head } from '../models/heads.js';

/** Bytes of a head's weights. */
export function headBytes(head: Head): number {
  switch (head.kind) {
    case 'sequence':
      return denseBytes(head.dense) + denseBytes(head.out);
    case 'token':
      return denseBytes(head.out);
    case 'masked_lm':
      return (
        denseBytes(head.dense) +
        head.norm.gain.data.byteLength +
        head.norm.bias.data.byteLength +
        denseBytes(head.decoder)
      );
  }
}

function denseBytes({ weight, bias }: Dense): number {
  return weight.data.byteLength + bias.data.byteLength;
}
