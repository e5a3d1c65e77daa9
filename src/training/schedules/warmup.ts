import { z } from 'zod';

/** Steps of linear warm-up: a number of them, or a share of all steps (rounded up). */
export const warmupFields = {
  warmupSteps: z.int().min(0).optional(),
  warmupRatio: z.number().min(0).lt(1).optional(),
};

export interface WarmupOptions {
  readonly warmupSteps?: number | undefined;
  readonly warmupRatio?: number | undefined;
}

/** The steps of warm-up; `warmupSteps` goes before `warmupRatio`, and without either there is none. */
export function warmupSteps(options: WarmupOptions, totalSteps: number): number {
  return options.warmupSteps ?? Math.ceil((options.warmupRatio ?? 0) * totalSteps);
}

/** step / warmup while step < warmup, then `after`. */
export function afterWarmup(warmup: number, after: (step: number) => number): (step: number) => number {
  return (step) => (step < warmup ? step / warmup : after(step));
}

/** Share of the steps after the warm-up that lie behind `step`; above 1 when they are over. */
export function progress(step: number, warmup: number, totalSteps: number): number {
  return (step - warmup) / Math.max(1, totalSteps - warmup);
}
