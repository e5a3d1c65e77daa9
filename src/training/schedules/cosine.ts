import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, progress, warmupFields, warmupSteps } from './warmup.js';

export const cosineOptions = z
  .object({
    name: z.literal('cosine'),
    ...warmupFields,
    /** Waves over the steps after the warm-up; ½ falls to 0 once, and rises again after the last step. */
    cycles: z.number().positive().default(0.5),
  })
  .strict();

/**
 * ½ · (1 + cos(2π · cycles · progress)) after the warm-up: `cosine` in Hugging Face.
 *
 * Loshchilov and Hutter 2017, "SGDR", Eq. 5, arXiv:1608.03983.
 */
export function cosine(options: z.infer<typeof cosineOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  return afterWarmup(warmup, (step) => {
    const angle = 2 * Math.PI * options.cycles * progress(step, warmup, totalSteps);
    return Math.max(0, 0.5 * (1 + Math.cos(angle)));
  });
}
