import type { Dataset } from '../registry/dataset.entity.js';
import { FROZEN } from '../runtime/prepare-data.js';
import type { DataCard } from '../training/datasets/data-card.js';

type Prepared = Pick<Dataset, 'card' | 'parts'>;

/** Digests of the test parts that a data set took over from earlier ones. */
export function frozenDigests({ card }: Pick<Dataset, 'card'>): string[] {
  const { sources } = card as unknown as DataCard;
  return sources.filter(({ name }) => name === FROZEN).map(({ digest }) => digest);
}

/** Digest of its own test part; undefined for one without test rows. */
export function testDigest({ parts }: Prepared): string | undefined {
  const { test } = parts;
  return test && test.bytes > 0 ? `sha256:${test.sha256}` : undefined;
}

/**
 * Of earlier data sets of one adapter those whose test rows the next one takes over: what another of them has taken over
 * already is in that one.
 */
export function frozenSources<D extends Prepared>(earlier: readonly D[]): D[] {
  const taken = new Set(earlier.flatMap(frozenDigests));
  const seen = new Set<string>();
  return earlier.filter((dataset) => {
    const digest = testDigest(dataset);
    if (digest === undefined || taken.has(digest) || seen.has(digest)) return false;
    seen.add(digest);
    return true;
  });
}
