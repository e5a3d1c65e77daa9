import { z } from 'zod';
import type { Schedule } from './schedule.js';

export const slantedTriangularOptions = z
  .object({
    name: z.literal('slanted_triangular'),
    /** Share of the steps during which the rate rises. */
    cut: z.number().positive().lt(1).default(0.1),
    /** How much lower the lowest rate is than the highest. */
    ratio: z.number().min(1).default(32),
  })
  .strict();

/**
 * (1 + p · (ratio − 1)) / ratio, where p rises from 0 to 1 over the first ⌊cut · T⌋ steps (at least one) and falls to 0
 * over the others; it stays at the lowest rate after the last step.
 *
 * Howard and Ruder 2018, "Universal Language Model Fine-tuning for Text Classification", Eq. 3, arXiv:1801.06146.
 */
export function slantedTriangular(
  { cut, ratio }: z.infer<typeof slantedTriangularOptions>,
  totalSteps: number,
): Schedule {
  const peak = Math.max(1, Math.floor(totalSteps * cut));
  const fall = peak * (1 / cut - 1);
  return (step) => {
    const p = step < peak ? step / peak : Math.max(0, 1 - (step - peak) / fall);
    return (1 + p * (ratio - 1)) / ratio;
  };
}
