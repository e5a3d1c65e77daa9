import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, progress, warmupFields, warmupSteps } from './warmup.js';

export const polynomialOptions = z
  .object({
    name: z.literal('polynomial'),
    ...warmupFields,
    power: z.number().positive().default(1),
    /** What is left at the end, as a share of the learning rate. */
    end: z.number().min(0).max(1).default(0),
  })
  .strict();

/** end + (1 − end) · (1 − progress)^power after the warm-up, `end` after the last step: `polynomial` in Hugging Face. */
export function polynomial(options: z.infer<typeof polynomialOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  return afterWarmup(warmup, (step) => {
    const left = 1 - Math.min(1, progress(step, warmup, totalSteps));
    return options.end + (1 - options.end) * left ** options.power;
  });
}
