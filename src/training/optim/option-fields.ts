import { z } from 'zod';

/** Share of the old average that is kept, in [0, 1). */
export const beta = z.number().min(0).lt(1);
/** Added to a denominator. */
export const epsilon = z.number().positive();
export const weightDecay = z.number().min(0);
