import { z } from 'zod';
import { abs } from '../../engine/ops/abs.js';
import { sub } from '../../engine/ops/sub.js';
import type { Objective } from './objective.js';
import { expectLike } from './require-input.js';
import { meanOverLabels } from './row-mean.js';

export const meanAbsoluteErrorOptions = z.object({ name: z.literal('mean_absolute_error') }).strict();

/** |x − y|, averaged over outputs and rows; the gradient at 0 is 0. As `torch.nn.functional.l1_loss`. */
export function meanAbsoluteError({ name }: z.infer<typeof meanAbsoluteErrorOptions>): Objective {
  return {
    name,
    rowLosses({ outputs, targets, isLabel }) {
      expectLike('meanAbsoluteError', 'targets', targets, outputs);
      return meanOverLabels(abs(sub(outputs, targets)), isLabel);
    },
  };
}
