import type { Centroid } from '../../adapters/brick.js';
import { centroidOf } from '../../composition/routing/centroid.js';
import { calibratedFloor, DEFAULT_ABSTAINED } from '../../composition/routing/floor.js';
import { ValidationError } from '../../common/errors.js';
import type { BaseModel } from '../../models/base-model.js';
import { maxTokens } from '../../models/encoder-config.js';
import { expectRunning, type FitWatch } from '../../training/fits/learn-gains.js';
import type { Runtime } from '../protocol.js';

export interface CentroidFit {
  readonly base: Pick<BaseModel, 'tokenizer' | 'config'>;
  /** That the adapter is for. */
  readonly texts: readonly string[];
  /** Longest row; the base's longest when absent. */
  readonly maxTokens?: number;
  /** Share of such texts that may fall under the floor. */
  readonly abstained?: number;
}

const BATCH = 32;

/**
 * Where the texts of an adapter lie among the mean embeddings of the bare base: their `centroidOf`, and as its floor the
 * cosine with it that all but `abstained` of them reach.
 *
 * Cost: one forward pass over the texts.
 *
 * @param runtime  of `base`
 * @throws ValidationError  without texts, and for texts whose embeddings cancel out
 */
export async function fitCentroid(
  { base, texts, abstained = DEFAULT_ABSTAINED, ...fit }: CentroidFit,
  runtime: Pick<Runtime, 'run'>,
  watch: FitWatch = {},
): Promise<Centroid> {
  const room = Math.min(fit.maxTokens ?? Infinity, maxTokens(base.config));
  const rows = texts
    .map((text) => base.tokenizer.encode(text, { maxTokens: room }))
    .sort((a, b) => a.ids.length - b.ids.length);
  const embeddings: Float32Array[] = [];
  for (let from = 0; from < rows.length; from += BATCH) {
    await expectRunning(watch);
    const batch = rows.slice(from, from + BATCH).map(({ ids, typeIds }) => ({
      ...{ inputIds: ids, tokenTypeIds: typeIds, bricks: [], heads: [] },
      task: { kind: 'embedding', pooling: 'mean' } as const,
    }));
    const answers = await runtime.run(batch);
    embeddings.push(...answers.rows.map(({ data }) => data));
  }
  if (embeddings.length === 0) throw new ValidationError('fit: texts: expected at least one, got none');
  const vector = centroidOf(embeddings);
  if (vector.every((value) => value === 0))
    throw new ValidationError('fit: texts: expected embeddings that lie to one side, got ones that cancel out');
  const floor = calibratedFloor(
    embeddings.map((embedding) => cosine(embedding, vector)),
    abstained,
  );
  return { vector, floor: Math.max(-1, Math.min(1, floor)) };
}

/** @param vector  of length 1 */
function cosine(x: Float32Array, vector: Float32Array): number {
  const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? 0 : x.reduce((sum, value, at) => sum + value * vector[at]!, 0) / length;
}
