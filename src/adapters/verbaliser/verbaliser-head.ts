import { tensor, type Tensor } from '../../engine/tensor.js';
import type { MaskedLmHead } from '../../models/heads.js';

/**
 * A masked-LM head that answers labels in the place of the vocabulary: the logit of label l is the mean of the logits of its
 * tokens T(l), less the prior: s_l = (1/|T(l)|) Σ_{t∈T(l)} (D_t·h + b_t) − π_l. A mean of linear functions is one, so row l of
 * the new decoder is the mean of the rows T(l): exact, and as small as a classifier. Softmax over s is Schick and Schütze
 * 2021, "Exploiting Cloze Questions for Few Shot Text Classification", §3.1, arXiv:2001.07676 (one word a label there).
 *
 * With π_l the label's logit of an empty input this is contextual calibration: probabilities divided by those of the empty
 * input. Zhao et al. 2021, "Calibrate Before Use", §5, arXiv:2102.09690.
 *
 * @param head    decoder [vocab, width]
 * @param tokens  of each label, at least one
 * @param prior   [labels], zero when absent
 * @returns       decoder [labels, width]; all else is `head`'s own
 */
export function verbaliserHead(
  head: MaskedLmHead,
  tokens: readonly (readonly number[])[],
  prior?: readonly number[],
): MaskedLmHead {
  const bias = meanRows(head.decoder.bias, 1, tokens);
  prior?.forEach((logit, label) => (bias[label]! -= logit));
  const width = head.decoder.weight.shape[1] ?? 0;
  return {
    ...head,
    decoder: {
      weight: tensor('float32', [tokens.length, width], meanRows(head.decoder.weight, width, tokens)),
      bias: tensor('float32', [tokens.length], bias),
    },
  };
}

function meanRows(
  { data }: Tensor<'float32'>, // read once: it may come from a file each time it is asked for
  width: number,
  tokens: readonly (readonly number[])[],
): Float32Array {
  const means = new Float32Array(tokens.length * width);
  tokens.forEach((own, label) => {
    for (let column = 0; column < width; column++) {
      const sum = own.reduce((total, token) => total + data[token * width + column]!, 0);
      means[label * width + column] = sum / own.length;
    }
  });
  return means;
}
