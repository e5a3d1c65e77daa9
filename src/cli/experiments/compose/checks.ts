import { deviation, mean } from '../learn/checks.js';
import { cutName, SQUADS } from './rows/squads.js';
import { LORA_HUB } from './rows/two-domains.js';

/** What one row of the table scored, with each seed. */
export interface ScoredRow {
  readonly name: string;
  /** From 0 to 1. */
  readonly scores: readonly number[];
  readonly what: string;
  /** What single rows are held against, e.g. weights that were found. */
  readonly isReached: boolean;
}

/** The order that is expected, best first. */
export const ORDER = ['right brick (oracle)', 'Arrow, top 3', 'best uniform sum', 'base'] as const;

export interface OrderCheck {
  readonly text: string;
  readonly isReached: boolean;
}

/** Whether LoRAHub gave the two right bricks the largest weights. */
export function hubCheck(rows: readonly ScoredRow[]): OrderCheck {
  const row = rows.find(({ name }) => name === LORA_HUB);
  const verdict = !row ? 'open (not run)' : row.isReached ? 'reached' : '**missed**';
  return {
    text: `LoRAHub gives the right bricks the largest weights: ${verdict}`,
    isReached: row?.isReached ?? false,
  };
}

/** Points that a squad may lose when it is cut, and that load balancing loses at least more. */
const CUT = 0.01;
const MORE = 0.02;

/** What a squad loses when it is cut: little by mutual information, clearly more by load balancing. */
export function cutChecks(rows: readonly ScoredRow[]): OrderCheck[] {
  const [information, load] = SQUADS.map(({ title }) => {
    const [whole, cut] = [title, cutName(title)].map((name) => rows.find((row) => row.name === name));
    return whole && cut && mean(whole.scores) - mean(cut.scores);
  });
  const says = (what: string, isReached: boolean | undefined, got: string): OrderCheck => ({
    text: `${what}: ${isReached === undefined ? 'open (not run)' : isReached ? 'reached' : '**missed**'} (${got})`,
    isReached: isReached ?? false,
  });
  const shown = (lost: number | undefined): string => (lost === undefined ? 'none' : (100 * lost).toFixed(1));
  return [
    says(
      'a cut loses at most a point by mutual information',
      information === undefined ? undefined : information <= CUT,
      shown(information),
    ),
    says(
      'and clearly more by load balancing',
      information === undefined || load === undefined ? undefined : load >= information + MORE,
      shown(load),
    ),
  ];
}

/** Each neighbouring pair of the order: reached, or by how much it was missed. */
export function orderChecks(rows: readonly ScoredRow[]): OrderCheck[] {
  return ORDER.slice(1).map((worse, at) => {
    const better = ORDER[at]!;
    const [high, low] = [better, worse].map((name) => rows.find((row) => row.name === name));
    if (!high || !low) return { text: `${better} above ${worse}: open (not run)`, isReached: false };
    const isReached = mean(high.scores) > mean(low.scores);
    const detail = `${shownScore(high)} against ${shownScore(low)}`;
    return { text: `${better} above ${worse}: ${isReached ? 'reached' : '**missed**'} (${detail})`, isReached };
  });
}

export function shownScore({ scores }: Pick<ScoredRow, 'scores'>): string {
  const spread = scores.length > 1 ? ` ± ${(100 * deviation(scores)).toFixed(1)}` : '';
  return (100 * mean(scores)).toFixed(1) + spread;
}
