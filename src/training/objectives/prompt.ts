import { z } from 'zod';
import { verbaliserFields } from '../../adapters/verbaliser/verbaliser-file.js';
import { crossEntropy } from './cross-entropy.js';
import type { Objective } from './objective.js';

export const promptOptions = z
  .object({
    name: z.literal('prompt'),
    ...verbaliserFields,
    /** One weight a label of the verbaliser. */
    classWeights: z.array(z.number().min(0)).min(1).optional(),
    labelSmoothing: z.number().min(0).max(1).default(0),
  })
  .strict()
  .refine(({ labels, prior }) => prior === undefined || prior.length === labels.length, {
    message: 'prior: expected one number a label',
    path: ['prior'],
  });

export type PromptOptions = z.infer<typeof promptOptions>;

/**
 * Prompt-based fine-tuning: cross entropy over the logits that a verbaliser's words get at the mask of a prompt, in the place
 * of a new head's. It starts at the zero-shot answer.
 *
 * Gao, Fisch and Chen 2021, "Making Pre-trained Language Models Better Few-shot Learners", §4, arXiv:2012.15723.
 */
export function prompt({ classWeights, labelSmoothing }: PromptOptions): Objective {
  return crossEntropy({
    ...{ name: 'cross_entropy', labelSmoothing, logitAdjustment: 0 },
    ...(classWeights && { classWeights }),
  });
}
