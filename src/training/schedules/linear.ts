import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, progress, warmupFields, warmupSteps } from './warmup.js';

export const linearOptions = z.object({ name: z.literal('linear'), ...warmupFields }).strict();

/** From 1 after the warm-up straight down to 0 at the last step, and 0 from there: `linear` in Hugging Face. */
export function linear(options: z.infer<typeof linearOptions>, totalSteps: number): Schedule {
  const warmup = warmupSteps(options, totalSteps);
  return afterWarmup(warmup, (step) => Math.max(0, 1 - progress(step, warmup, totalSteps)));
}
