import { z } from 'zod';
import { abs } from '../../engine/ops/abs.js';
import { less } from '../../engine/ops/less.js';
import { mul } from '../../engine/ops/mul.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import { where } from '../../engine/ops/where.js';
import type { Objective } from './objective.js';
import { expectLike } from './require-input.js';
import { meanOverLabels } from './row-mean.js';

export const huberOptions = z
  .object({ name: z.literal('huber'), /** In the units of the target. */ delta: z.number().positive().default(1) })
  .strict();

/**
 * ½e² where |e| < δ, else δ · (|e| − ½δ), for the error e = x − y; averaged over outputs and rows. As
 * `torch.nn.functional.huber_loss`.
 *
 * Huber 1964, "Robust Estimation of a Location Parameter", §4.
 */
export function huber({ name, delta }: z.infer<typeof huberOptions>): Objective {
  return {
    name,
    rowLosses({ outputs, targets, isLabel }) {
      expectLike('huber', 'targets', targets, outputs);
      const error = sub(outputs, targets);
      const far = mul(sub(abs(error), delta / 2), delta);
      return meanOverLabels(where(less(abs(error), delta), mul(square(error), 0.5), far), isLabel);
    },
  };
}
