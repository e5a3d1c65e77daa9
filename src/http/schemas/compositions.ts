import { z } from 'zod';
import { extraction } from '../../registry/compositions/composed-details.js';
import { DigestParam } from './adapters.js';

/** Read by `readRecipe`, whose errors name the place. */
export const composition = z
  .unknown()
  .describe(
    'A text such as `a + 0.5*b`, `stack(a, b)`, `arrow(a, b, c; top_k=2)`, `mod_squad(a, b; router=r)`; the same as ' +
      'JSON; or `{composition, head?, labels?}` with a choice of the labels that answer',
  )
  .meta({ examples: ['clinc-banking + 0.5*clinc-travel'] });

export const CreateCompositionRequest = z
  .strictObject({
    name: z.string().min(1).max(63),
    composition,
    alias: z.string().max(63).optional().describe('Moved to the new version; default production, empty: none'),
    dry_run: z.boolean().default(false).describe('Say what it would be, or why it cannot be, and make nothing'),
  })
  .meta({ id: 'CreateCompositionRequest' });

export const ExtractRequest = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(63)
      .describe('Of the composition that is made; its parts are `name.router`, `name.e00` …'),
    alias: z.string().max(63).optional().describe('Moved to the new version; default production, empty: none'),
    by: z
      .enum(['layers', 'experts'])
      .default('layers')
      .describe('layers: the experts of each place by its own usage, as new bricks; experts: whole ones by the mean'),
    threshold: z
      .number()
      .optional()
      .describe("An expert stays that has more than threshold / top_k per cent of the task's choices; default 3"),
    keep: z.int().optional().describe('So many experts stay, in the place of a threshold; from top_k on'),
    dry_run: z.boolean().default(false).describe('Say what it would be, and make nothing'),
  })
  .refine(({ threshold, keep }) => threshold === undefined || keep === undefined, {
    message: 'expected keep or threshold, got both',
    path: ['keep'],
  })
  .meta({ id: 'ExtractRequest' });

const recipe = z
  .record(z.string(), z.unknown())
  .describe('The canonical JSON: members pinned by digest, compositions among them put out');

const about = {
  name: z.string(),
  text: z.string().describe('The same as a text'),
  recipe,
  members: z.array(z.string()).describe('Every brick and router, pinned by digest'),
  task: z.string().nullable(),
  labels: z.array(z.string()).nullable().describe('null: several answers, or none with labels'),
};

export const CompositionResponse = z
  .object({
    object: z.literal('composition'),
    ...about,
    version: DigestParam,
    model: z.string().describe('Name of exactly this version in requests'),
    created_at: z.int(),
    extracted: extraction.optional().describe('Of one that was cut out of a squad'),
  })
  .meta({ id: 'CompositionResponse' });

export const ExtractionPlanResponse = z
  .object({ object: z.literal('composition.extraction'), name: z.string(), extracted: extraction })
  .meta({ id: 'ExtractionPlanResponse' });

const term = {
  weight: z.number(),
  level: z.int().optional().describe('In a stack: 0 is nearest to the base'),
  tokens: z.object({ from: z.int(), to: z.int().optional() }).optional(),
  route: z.int().optional().describe('The route that shares it out; `weight` is multiplied by the share'),
};

/** A brick as answers name it. */
export const NamedBrick = z
  .object({
    name: z.string(),
    version: DigestParam,
    ...term,
    answer: z.int().optional().describe('Of several answers to each input: which one it is in'),
  })
  .meta({ id: 'NamedBrick' });

export const BrickShare = z
  .object({
    route: z.int(),
    name: z.string().describe('base: no brick cleared the floor'),
    version: z.string().nullable(),
    share: z.number().describe('Mean over the tokens and places of the input'),
  })
  .meta({ id: 'BrickShare' });

export const CompositionPlanResponse = z
  .object({
    object: z.literal('composition.plan'),
    ...about,
    bricks: z.array(NamedBrick).describe('The terms of the rows that it becomes'),
  })
  .meta({ id: 'CompositionPlanResponse' });

/** A sum in short, beside a request's `model`. */
export const adapters = z
  .array(z.strictObject({ name: z.string().min(1).max(400), weight: z.number().default(1) }))
  .min(1)
  .max(64)
  .describe('A sum of these in the place of `composition`');
