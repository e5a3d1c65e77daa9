import { z } from 'zod';
import { binaryCrossEntropy, binaryCrossEntropyOptions } from './binary-cross-entropy.js';
import { cosineEmbedding, cosineEmbeddingOptions } from './cosine-embedding.js';
import { cosineSimilarity, cosineSimilarityOptions } from './cosine-similarity.js';
import { crossEntropy, crossEntropyOptions } from './cross-entropy.js';
import { distillation, distillationOptions } from './distillation.js';
import { huber, huberOptions } from './huber.js';
import { meanAbsoluteError, meanAbsoluteErrorOptions } from './mean-absolute-error.js';
import { meanSquaredError, meanSquaredErrorOptions } from './mean-squared-error.js';
import { multipleNegatives, multipleNegativesOptions } from './multiple-negatives.js';
import { multiTaskOptions } from './multi-task.js';
import { modSquadObjective } from './mod-squad.js';
import type { Objective } from './objective.js';
import { prompt, promptOptions } from './prompt.js';

/** Every objective with its options. */
export const objectiveOptions = z.discriminatedUnion('name', [
  crossEntropyOptions,
  binaryCrossEntropyOptions,
  meanSquaredErrorOptions,
  meanAbsoluteErrorOptions,
  huberOptions,
  distillationOptions,
  cosineEmbeddingOptions,
  cosineSimilarityOptions,
  multipleNegativesOptions,
  promptOptions,
  multiTaskOptions,
  modSquadObjective,
]);

export type ObjectiveOptions = z.infer<typeof objectiveOptions>;

export function makeObjective(options: ObjectiveOptions): Objective {
  switch (options.name) {
    case 'cross_entropy':
      return crossEntropy(options);
    case 'binary_cross_entropy':
      return binaryCrossEntropy(options);
    case 'mean_squared_error':
      return meanSquaredError(options);
    case 'mean_absolute_error':
      return meanAbsoluteError(options);
    case 'huber':
      return huber(options);
    case 'distillation':
      return distillation(options);
    case 'cosine_embedding':
      return cosineEmbedding(options);
    case 'cosine_similarity':
      return cosineSimilarity(options);
    case 'multiple_negatives':
      return multipleNegatives(options);
    case 'multi_task':
    case 'mod_squad': {
      const { labelSmoothing } = options;
      return crossEntropy({ name: 'cross_entropy', labelSmoothing, logitAdjustment: 0 });
    }
    case 'prompt':
      return prompt(options);
  }
}
