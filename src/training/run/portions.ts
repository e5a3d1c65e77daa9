import type { BatchRow } from './collate.js';
import type { EncodedExample } from './encoded-example.js';
import type { OpenRun } from './open-run.js';

/**
 * Tokens, padding included, that runs side by side may bring into one pass. More of them would fill the matrix units no
 * better, and their activations lie in memory all at once.
 */
const PASS_TOKENS = 4_096;

/**
 * Divides the runs of a part of a step into passes of at most PASS_TOKENS, in their order; a run that is larger by itself has
 * a pass of its own. The gradients of all passes are added up, and a run is never divided, so the passes change no run's
 * numbers.
 *
 * @param rows  of each run
 * @returns     for each pass the rows of each run, none for those that are in another
 */
export function portions(rows: readonly BatchRow[][]): BatchRow[][][] {
  const passes: { runs: number[]; rows: number; longest: number }[] = [];
  rows.forEach((own, run) => {
    if (own.length === 0) return;
    const last = passes.at(-1);
    const length = longestOf(own.map(({ example }) => example));
    const longest = Math.max(last?.longest ?? 0, length);
    if (!last || (last.rows + own.length) * longest > PASS_TOKENS) {
      passes.push({ runs: [run], rows: own.length, longest: length });
      return;
    }
    last.runs.push(run);
    Object.assign(last, { rows: last.rows + own.length, longest });
  });
  return passes.map(({ runs }) => rows.map((own, run) => (runs.includes(run) ? own : [])));
}

/** Whether every step of these runs is one pass. */
export function isOnePass(runs: readonly Pick<OpenRun, 'spec' | 'train'>[]): boolean {
  const rows = runs.map(({ spec, train }) => Math.ceil(Math.min(spec.batchSize, train.length) / spec.accumulation));
  const longest = Math.max(...runs.map(({ train }) => longestOf(train)));
  return rows.reduce((sum, own) => sum + own, 0) * longest <= PASS_TOKENS;
}

function longestOf(examples: readonly EncodedExample[]): number {
  return examples.reduce(
    (longest, { inputIds, positive }) => Math.max(longest, inputIds.length, positive?.inputIds.length ?? 0),
    0,
  );
}
