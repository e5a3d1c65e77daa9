import { MAX_SHARED_PAGES, pageBucket } from '../adapters/rows/page-bucket.js';
import { lengthBucket } from './length-bucket.js';

/** A row as the planner sees it. */
export interface Plannable {
  /** Tokens the trunk sees, virtual ones included. */
  readonly tokens: number;
  /** Pages of its bricks. */
  readonly pages: number;
  /** The model of its own that it runs on; absent: the base. */
  readonly trunk?: string | undefined;
}

export interface BatchLimits {
  /** rows × longest row, padding included. */
  readonly maxTokens: number;
  readonly maxRows: number;
}

/** A neighbour from another length bucket joins while at least this share of the batch is not padding. */
const MIN_FILL = 0.7;

/**
 * Chooses the next batch from rows that are ready: the first row (the fair queue's choice) and the rows that cost least
 * beside it. Only rows of its trunk and page bucket may join, for the widest row sets the cost of all. Rows of its length bucket come
 * first, in their order; then those nearest in length, while the batch stays mostly free of padding.
 *
 * @returns the chosen rows, in the order of `ready`; never empty when `ready` is not
 */
export function planBatch<T extends Plannable>(ready: readonly T[], limits: BatchLimits): T[] {
  const [first] = ready;
  if (first === undefined) return [];
  if (first.pages > MAX_SHARED_PAGES) return [first];

  const bucket = lengthBucket(first.tokens);
  const distance = (row: T): number => (lengthBucket(row.tokens) === bucket ? 0 : Math.abs(row.tokens - first.tokens));
  const candidates = ready
    .slice(1)
    .filter((row) => row.trunk === first.trunk && sharedBucket(row) === sharedBucket(first));
  candidates.sort((a, b) => distance(a) - distance(b)); // stable: equal lengths keep the fair order

  const chosen = new Set([first]);
  let longest = first.tokens;
  let sum = first.tokens;
  for (const row of candidates) {
    if (chosen.size === limits.maxRows) break;
    const padded = (chosen.size + 1) * Math.max(longest, row.tokens);
    if (padded > limits.maxTokens) continue;
    if (distance(row) > 0 && sum + row.tokens < MIN_FILL * padded) continue;
    chosen.add(row);
    longest = Math.max(longest, row.tokens);
    sum += row.tokens;
  }
  return ready.filter((row) => chosen.has(row));
}

/** A bare row rides with rows of one page, whose cost it hardly changes. */
function sharedBucket({ pages }: Plannable): number {
  return pageBucket(Math.max(1, pages));
}
