import { z } from 'zod';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { mul } from '../../engine/ops/mul.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import type { Value } from '../../engine/graph.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import type { Objective } from './objective.js';
import { expectLike, requireInput } from './require-input.js';
import { everyRow } from './row-mean.js';

export const cosineSimilarityOptions = z.object({ name: z.literal('cosine_similarity') }).strict();

/** Added to both squared lengths, so that a vector of zeros has a gradient. */
const EPSILON = 1e-12;

/**
 * (cos(x, y) − v)² of each pair of embeddings and its likeness v, averaged over the pairs.
 *
 * Reimers and Gurevych 2019, "Sentence-BERT", §3, regression objective, arXiv:1908.10084; sentence-transformers'
 * CosineSimilarityLoss. A cosine lies in −1 … 1: likenesses of another scale are to be brought there first.
 */
export function cosineSimilarity({ name }: z.infer<typeof cosineSimilarityOptions>): Objective {
  return {
    name,
    rowLosses(inputs) {
      const { outputs, targets } = inputs;
      expectLike('cosineSimilarity', 'targets', targets, outputs);
      const likeness = requireInput(name, inputs, 'likeness');
      const cosine = div(dot(outputs, targets), sqrt(mul(squaredLength(outputs), squaredLength(targets))));
      expectLike('cosineSimilarity', 'likeness', likeness, cosine);
      return everyRow(square(sub(cosine, likeness)));
    },
  };
}

function dot(x: Value, y: Value): Value {
  return reduceSum(mul(x, y), { axes: [-1] });
}

function squaredLength(x: Value): Value {
  return add(dot(x, x), EPSILON);
}
