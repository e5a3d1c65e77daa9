import type { Centroid } from '../../adapters/brick.js';
import { calibratedCentroid } from '../../composition/routing/centroid.js';
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
 * Where the texts of an adapter lie among the mean embeddings of the bare base; see `calibratedCentroid`.
 *
 * Cost: one forward pass over the texts.
 *
 * @param runtime  of `base`
 * @throws ValidationError  without texts, and for texts whose embeddings cancel out
 */
export async function fitCentroid(
  { base, texts, abstained, ...fit }: CentroidFit,
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
  return calibratedCentroid(embeddings, abstained);
}
