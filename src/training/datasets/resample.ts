import { ValidationError } from '../../common/errors.js';
import type { Random } from '../../common/random.js';

/** How often rows of each label are drawn: `over` raises every label to the largest, `under` cuts to the smallest, `sqrt` in between. */
export type Resampling = 'over' | 'under' | 'sqrt';

/**
 * Rows wanted of each label. `over`: the largest count; `under`: the smallest; `sqrt`: n · √nᵢ / Σ √nⱼ, rounded, so that the
 * total stays about n while a label ten thousand times rarer is drawn only a hundred times less often. Labels never seen
 * stay at 0.
 *
 * `sqrt`: Mahajan et al. 2018, "Exploring the Limits of Weakly Supervised Pretraining", §2.2, arXiv:1805.00932.
 */
export function resampledCounts(counts: readonly number[], kind: Resampling): number[] {
  const seen = counts.filter((count) => count > 0);
  const roots = seen.reduce((sum, count) => sum + Math.sqrt(count), 0);
  const total = seen.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => {
    if (count === 0) return 0;
    if (kind === 'over') return Math.max(...seen);
    if (kind === 'under') return Math.min(...seen);
    return Math.max(1, Math.round((total * Math.sqrt(count)) / roots));
  });
}

/**
 * Row numbers of one epoch in which labels have the counts of `resampledCounts`: every row of a label as often as it fits
 * whole, and the rest drawn without repeats, so that two rows of a label differ by at most one occurrence. Not shuffled:
 * ordered by label.
 *
 * @param labels  [n] label of each row, from 0
 * @param random  a stream of its own, such as Random.stream(seed, 'resample', epoch)
 */
export function resampleRows(labels: Int32Array, kind: Resampling, random: Pick<Random, 'below'>): Uint32Array {
  const rows: number[][] = [];
  labels.forEach((label, row) => {
    if (label < 0) throw new ValidationError(`resampleRows: labels: expected labels from 0, got ${label}`);
    (rows[label] ??= []).push(row);
  });
  const byLabel = Array.from(rows, (own: number[] | undefined) => own ?? []);
  const wanted = resampledCounts(byLabel.map(({ length }) => length), kind); // prettier-ignore
  return Uint32Array.from(byLabel.flatMap((own, label) => drawn(own, wanted[label]!, random)));
}

function drawn(rows: readonly number[], count: number, random: Pick<Random, 'below'>): number[] {
  const whole = rows.length === 0 ? 0 : Math.floor(count / rows.length);
  const taken = Array.from({ length: whole }, () => rows).flat();
  const pool = [...rows];
  for (let at = 0; taken.length < count; at++) {
    const from = at + random.below(pool.length - at); // Fisher and Yates, as far as it is needed
    [pool[at], pool[from]] = [pool[from]!, pool[at]!];
    taken.push(pool[at]!);
  }
  return taken;
}
