import { z } from 'zod';

const steps = {
  steps: z.int().min(1).max(100_000).optional(),
  learningRate: z.number().positive().optional(),
  batchSize: z.int().min(1).max(4096).optional(),
};
const abstained = z.number().min(0).lt(1).default(0.05);
const members = z.array(z.string().min(1).max(400)).min(1).max(64);

/** What each fit may be told. */
const OPTIONS = {
  phatgoose: z.strictObject({ name: z.literal('phatgoose'), ...steps }),
  centroid: z.strictObject({ name: z.literal('centroid'), abstained }),
  lorahub: z.strictObject({
    name: z.literal('lorahub'),
    members,
    /** `base`, or a member; the one whose labels the rows have when absent. */
    head: z.string().min(1).max(400).optional(),
    evaluations: z.int().min(1).max(100_000).optional(),
    penalty: z.number().min(0).max(1e6).optional(),
    bound: z.number().positive().max(100).optional(),
  }),
  soup: z.strictObject({
    name: z.literal('soup'),
    members,
    head: z.string().min(1).max(400).optional(),
    ...steps,
  }),
  floor: z.strictObject({
    name: z.literal('floor'),
    /** A composition with one route by token, as JSON or text. */
    composition: z.unknown(),
    abstained,
  }),
} as const;

export type FitName = keyof typeof OPTIONS;
export type FitOptions = { [N in FitName]: z.output<(typeof OPTIONS)[N]> }[FitName];
export const FIT_NAMES = Object.keys(OPTIONS) as readonly FitName[];

export function isFitName(name: string): name is FitName {
  return (FIT_NAMES as readonly string[]).includes(name);
}

/** Of a fit whose name is known; zod's own result. */
export function parseFit(name: FitName, options: unknown) {
  return OPTIONS[name].safeParse(options);
}
