import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, progress, warmupFields, warmupSteps } from './warmup.js';

export const cosineRestartsOptions = z
  .object({
    name: z.literal('cosine_restarts'),
    ...warmupFields,
    cycles: z.int().positive().default(1),
  })
  .strict();

/**
 * Falls from 1 to 0 along half a cosine `cycles` times, starting again at 1, and is 0 after the last step:
 * `cosine_with_restarts` in Hugging Face.
 *
 * Loshchilov and Hutter 2017, "SGDR", §3, arXiv:1608.03983.
 */
export function cosineRestarts(options: z.infer<typeof cosineRestartsOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  return afterWarmup(warmup, (step) => {
    const done = progress(step, warmup, totalSteps);
    return done >= 1 ? 0 : 0.5 * (1 + Math.cos(Math.PI * ((options.cycles * done) % 1)));
  });
}
