import { z } from 'zod';
import { SIGN_MAJORITIES } from '../../composition/merge/join.js';
import { MERGE_KINDS } from '../../composition/merge/table.js';

const steps = {
  steps: z.int().min(1).max(100_000).optional(),
  learningRate: z.number().positive().optional(),
  batchSize: z.int().min(1).max(4096).optional(),
};
/** As that of a job. */
const MAX_SEED = 2 ** 31 - 1;
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
  adapter_fusion: z.strictObject({
    name: z.literal('adapter_fusion'),
    members,
    /** `base`, or a member, whose head answers as it is; a new one is learned when absent. */
    head: z.string().min(1).max(400).optional(),
    ...steps,
    regularisation: z.number().min(0).max(1e6).optional(),
  }),
  floor: z.strictObject({
    name: z.literal('floor'),
    /** A composition with one route by token, as JSON or text. */
    composition: z.unknown(),
    abstained,
  }),
  /** Of no data: either members or a composition that is a sum. */
  merge: z.strictObject({
    name: z.literal('merge'),
    members: members.optional(),
    /** One a member; 1 when absent. */
    weights: z.array(z.number()).min(1).max(64).optional(),
    composition: z.unknown().optional(),
    mergeType: z.enum(MERGE_KINDS).default('cat'),
    rank: z.int().min(1).optional(),
    density: z.number().optional(),
    majority: z.enum(SIGN_MAJORITIES).optional(),
    seed: z.int().min(0).max(MAX_SEED).optional(),
    /** A member, or `base` where none goes along. */
    head: z.string().min(1).max(400).optional(),
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
