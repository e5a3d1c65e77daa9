import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, warmupFields, warmupSteps } from './warmup.js';

export const inverseSqrtOptions = z
  .object({
    name: z.literal('inverse_sqrt'),
    ...warmupFields,
    /** Steps over which the rate falls to 1/√2 of its peak; default: the warm-up, or 10,000 without one. */
    timescale: z.number().positive().optional(),
  })
  .strict();

/**
 * 1 / √(1 + (step − warmup) / timescale) after the warm-up: `inverse_sqrt` in Hugging Face.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", §5.3, arXiv:1706.03762.
 */
export function inverseSqrt(options: z.infer<typeof inverseSqrtOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  const timescale = options.timescale ?? (warmup || 10_000);
  return afterWarmup(warmup, (step) => 1 / Math.sqrt(1 + (step - warmup) / timescale));
}
