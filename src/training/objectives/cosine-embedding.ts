import { z } from 'zod';
import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import type { Objective } from './objective.js';
import { expectLike } from './require-input.js';
import { everyRow } from './row-mean.js';

export const cosineEmbeddingOptions = z.object({ name: z.literal('cosine_embedding') }).strict();

/** Added to both squared lengths, so that a vector of zeros has a gradient. */
const EPSILON = 1e-12;

/**
 * 1 − cos(x, y) of each row's embedding and its target, averaged over the rows: what
 * `torch.nn.functional.cosine_embedding_loss` gives for pairs that belong together.
 */
export function cosineEmbedding({ name }: z.infer<typeof cosineEmbeddingOptions>): Objective {
  return {
    name,
    rowLosses({ outputs, targets }) {
      expectLike('cosineEmbedding', 'targets', targets, outputs);
      const lengths = sqrt(mul(squaredLength(outputs), squaredLength(targets)));
      return everyRow(sub(1, div(reduceSum(mul(outputs, targets), { axes: [-1] }), lengths)));
    },
  };
}

function squaredLength(x: Value): Value {
  return add(reduceSum(square(x), { axes: [-1] }), EPSILON);
}
