import { z } from 'zod';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import type { Objective } from './objective.js';
import { expectLike } from './require-input.js';
import { meanOverLabels } from './row-mean.js';

export const meanSquaredErrorOptions = z.object({ name: z.literal('mean_squared_error') }).strict();

/** (x − y)², averaged over outputs and rows: regression. As `torch.nn.functional.mse_loss`. */
export function meanSquaredError({ name }: z.infer<typeof meanSquaredErrorOptions>): Objective {
  return {
    name,
    rowLosses({ outputs, targets, isLabel }) {
      expectLike('meanSquaredError', 'targets', targets, outputs);
      return meanOverLabels(square(sub(outputs, targets)), isLabel);
    },
  };
}
