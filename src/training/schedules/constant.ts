import { z } from 'zod';
import type { Schedule } from './schedule.js';
import { afterWarmup, warmupFields, warmupSteps } from './warmup.js';

export const constantOptions = z.object({ name: z.literal('constant'), ...warmupFields }).strict();

/** 1, after a linear warm-up if there is one: `constant` and `constant_with_warmup` in Hugging Face. */
export function constant(options: z.infer<typeof constantOptions>, totalSteps: number): Schedule {
  return afterWarmup(warmupSteps(options, totalSteps), () => 1);
}
