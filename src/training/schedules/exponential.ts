import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, warmupFields, warmupSteps } from './warmup.js';

export const exponentialOptions = z
  .object({
    name: z.literal('exponential'),
    ...warmupFields,
    gamma: z.number().positive().max(1),
  })
  .strict();

/** gammaˢ for s steps after the warm-up: `torch.optim.lr_scheduler.ExponentialLR`. */
export function exponential(options: z.infer<typeof exponentialOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  return afterWarmup(warmup, (step) => options.gamma ** (step - warmup));
}
