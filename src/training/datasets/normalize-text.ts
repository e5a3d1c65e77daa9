import { createHash } from 'node:crypto';
import type { Example } from './example.js';

/** What two texts must share to count as the same: NFKC, lower case, one space for white space, none at the ends. */
export function normalizeText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** Joins a pair to its text; occurs in no normalized text, where white space is plain spaces. */
export const PAIR_MARK = '\n';

/** The normalized text of an example, of its pair and its task: one text may be a row of several tasks. */
export function identityOf({ text, pair, task }: Pick<Example, 'text' | 'pair' | 'task'>): string {
  const own = pair === undefined ? normalizeText(text) : normalizeText(text) + PAIR_MARK + normalizeText(pair);
  return task === undefined ? own : `${own}${PAIR_MARK}${PAIR_MARK}${task}`;
}

/** 64 bits as two unsigned numbers; ordered by `high`, then `low`. */
export interface RowKey {
  readonly high: number;
  readonly low: number;
}

/**
 * The keyed hash of a normalized text: 64 bits of SHA-256(seed, 0, text). It is both what equal rows are found by and the
 * order in which splits are filled, so that a row's place depends on its text and the seed alone. Among 2 million rows two
 * differing texts have one key with probability 10⁻⁷.
 */
export function rowKey(identity: string, seed: number): RowKey {
  const digest = createHash('sha256').update(`${seed}\0${identity}`).digest();
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}
