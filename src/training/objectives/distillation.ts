import { z } from 'zod';
import { exp } from '../../engine/ops/exp.js';
import { add } from '../../engine/ops/add.js';
import { logSoftmax } from '../../engine/ops/log-softmax.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { sub } from '../../engine/ops/sub.js';
import type { Value } from '../../engine/graph.js';
import { crossEntropy, crossEntropyOptions } from './cross-entropy.js';
import { maskLogits, zeroUnlessLabel } from './label-mask.js';
import type { Objective } from './objective.js';
import { expectLike, requireInput } from './require-input.js';
import { everyRow } from './row-mean.js';

export const distillationOptions = z
  .object({
    name: z.literal('distillation'),
    temperature: z.number().positive().default(2),
    /** Share of the teacher; the rest is cross entropy with the true labels. 1 reads no labels. */
    mix: z.number().min(0).max(1).default(0.5),
  })
  .strict();

/**
 * mix · T² · KL(softmax(teacher / T) ‖ softmax(logits / T)) + (1 − mix) · cross entropy with the labels, averaged over the
 * rows. T² keeps the size of the first gradient independent of the temperature. Rows labelled −100 learn from the teacher
 * alone, so unlabelled text can be distilled too.
 *
 * Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network", §2, arXiv:1503.02531.
 */
export function distillation({ name, temperature, mix }: z.infer<typeof distillationOptions>): Objective {
  const hard = crossEntropy(crossEntropyOptions.parse({ name: 'cross_entropy' }));
  return {
    name,
    rowLosses(inputs) {
      const { outputs, isLabel } = inputs;
      const teacher = requireInput(name, inputs, 'teacher');
      expectLike(name, 'teacher', teacher, outputs);
      const soften = (logits: Value): Value => logSoftmax(mul(maskLogits(logits, isLabel), 1 / temperature));
      const [p, q] = [soften(teacher), soften(outputs)];
      const terms = zeroUnlessLabel(mul(exp(p), sub(p, q)), isLabel);
      const soft = mul(reduceSum(terms, { axes: [-1] }), temperature * temperature);
      if (mix === 1) return everyRow(soft);
      return everyRow(add(mul(soft, mix), mul(hard.rowLosses(inputs).losses, 1 - mix)));
    },
  };
}
