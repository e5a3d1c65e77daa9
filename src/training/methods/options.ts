import { z } from 'zod';
import { SITE_ROLES } from '../../models/sites.js';

const roles = z.array(z.enum(SITE_ROLES)).min(1);
const tokens = z.int().min(1).max(512);

const loraFields = {
  rank: z.int().min(1).max(1024).default(8),
  alpha: z.number().positive().default(16),
  targets: roles.default(['query', 'value']),
  /** Layers that are adapted; all when absent. */
  layers: z.array(z.int().min(0)).min(1).optional(),
  /** α/√r in the place of α/r. */
  rankStabilised: z.boolean().default(false),
  /** LoRA+: the learning rate of B over that of A. */
  rateRatio: z.number().positive().default(1),
  /** Rank and alpha of modules whose path ends with the pattern, as PEFT has it. */
  rankPattern: z.record(z.string(), z.int().min(1).max(1024)).default({}),
  alphaPattern: z.record(z.string(), z.number().positive()).default({}),
  /** Biases of the base that are trained along. */
  bias: z.enum(['none', 'adapted', 'all']).default('none'),
  /** A bias on B. */
  loraBias: z.boolean().default(false),
  initialisation: z.enum(['kaiming', 'gaussian']).default('kaiming'),
};

export const loraOptions = z.object({ name: z.literal('lora'), ...loraFields }).strict();
export const doraOptions = z
  .object({ name: z.literal('dora'), ...loraFields, loraBias: z.literal(false).default(false) })
  .strict();
export const ia3Options = z
  .object({ name: z.literal('ia3'), targets: roles.default(['key', 'value', 'ffn_down']) })
  .strict();
export const bottleneckOptions = z
  .object({
    name: z.literal('bottleneck'),
    /** Houlsby: after both blocks; Pfeiffer: after the feed-forward block; parallel: beside it. */
    placement: z.enum(['houlsby', 'pfeiffer', 'parallel']).default('pfeiffer'),
    reductionFactor: z.number().min(1).default(16),
    /** AdapterHub's default for the placement when absent. */
    activation: z.enum(['relu', 'gelu', 'silu', 'tanh']).optional(),
    /** AdapterHub's default for the placement when absent: 1, or 4 in parallel. */
    scaling: z.number().positive().optional(),
    leaveOut: z.array(z.int().min(0)).default([]),
  })
  .strict();
export const prefixOptions = z
  .object({
    name: z.literal('prefix'),
    tokens: tokens.default(16),
    /** Trained through a two-layer perceptron, which the result does without. */
    projection: z.boolean().default(false),
    projectionWidth: z.int().min(1).optional(),
    /** The head's learning rate over that of a projection, which bears a tenth of what the head needs to keep up. */
    headRate: z.number().positive().default(10),
  })
  .strict();
export const promptOptions = z
  .object({
    name: z.literal('prompt'),
    tokens: tokens.default(16),
    initialisation: z.enum(['random', 'vocabulary']).default('vocabulary'),
  })
  .strict();
export const pTuningOptions = z
  .object({
    name: z.literal('p_tuning'),
    tokens: tokens.default(16),
    encoder: z.enum(['mlp', 'lstm']).default('mlp'),
    /** The embedding width when absent. */
    width: z.int().min(1).optional(),
  })
  .strict();
export const bitfitOptions = z.object({ name: z.literal('bitfit') }).strict();
export const fullOptions = z.object({ name: z.literal('full') }).strict();
export const partialOptions = z.object({ name: z.literal('partial'), topLayers: z.int().min(0).default(2) }).strict();
export const progressiveOptions = z
  .object({
    name: z.literal('progressive'),
    /** Steps (shares of the run, ascending) at which one more layer from the top begins to train; the head trains from 0. */
    unfreezeAt: z.array(z.number().min(0).lt(1)).min(1).optional(),
  })
  .strict();
export const hybridOptions = z
  .object({
    name: z.literal('hybrid'),
    ...loraFields,
    bias: z.literal('none').default('none'),
    topLayers: z.int().min(1).default(2),
  })
  .strict();

/** Experts of LoRA that several tasks share; goes with the objective of the same name. */
export const modSquadOptions = z
  .object({
    name: z.literal('mod_squad'),
    experts: z.int().min(2).max(60).default(8),
    /** Experts that a token goes to. */
    topK: z.int().min(1).max(60).default(2),
    /** Of each expert. */
    rank: z.int().min(1).max(64).default(4),
    alpha: z.number().positive().default(8),
    targets: roles.default(['query', 'value']),
    layers: z.array(z.int().min(0)).min(1).optional(),
    /** Of the routers' softmax. */
    temperature: z.number().positive().default(1),
    /**
     * Deviation of a router's first values. With 0 all experts begin equal, and of equal ones the first are chosen, for every
     * token and task.
     */
    routerDeviation: z.number().min(0).max(1).default(0.02),
    /** The routers' learning rate over that of the factors. */
    routerRate: z.number().positive().default(1),
  })
  .strict()
  .refine(({ topK, experts }) => topK <= experts, { path: ['topK'], message: 'expected at most as many as experts' });

/** Every method with its options. */
export const methodOptions = z.discriminatedUnion('name', [
  loraOptions,
  doraOptions,
  ia3Options,
  bottleneckOptions,
  prefixOptions,
  promptOptions,
  pTuningOptions,
  bitfitOptions,
  fullOptions,
  partialOptions,
  progressiveOptions,
  hybridOptions,
  modSquadOptions,
]);

export type MethodOptions = z.infer<typeof methodOptions>;
export type LoraOptions = z.infer<typeof loraOptions>;
export type ModSquadOptions = z.infer<typeof modSquadOptions>;
