import { MAX_MEMBERS, MAX_WEIGHT } from '../bounds.js';
import { invalidComposition } from '../invalid.js';
import type { SignMajority } from './join.js';
import { MERGE_LAWS, type MergeKind } from './table.js';

/** One number for each of `size` places: 1 where a number stays. */
export type DrawMask = (draw: MaskPlace, size: number) => ArrayLike<number>;

export interface MaskPlace {
  readonly path: string;
  readonly part: 'A' | 'B' | 'delta';
  readonly member: number;
}

export interface MergeOptions {
  readonly kind: MergeKind;
  /** Of the result, for `svd` and the `_svd` kinds; absent: the largest rank of a member. */
  readonly rank?: number;
  /** Share of numbers kept, 0 < density ≤ 1; for the kinds that make sparse. Default 0.5. */
  readonly density?: number;
  /** Default `total`. */
  readonly majority?: SignMajority;
  /** Of the masks of DARE. Default 0. */
  readonly seed?: number;
  /** In the place of the masks of `seed`. */
  readonly mask?: DrawMask;
  /** Whose head is kept, by the member's place, or none. Absent: that of the only member that brings one. */
  readonly head?: number | 'none';
}

export const DEFAULT_DENSITY = 0.5;
export const MAX_RANK = 4096;

/** @throws ValidationError  for numbers out of range, and for options that the kind does not read */
export function checkMergeOptions({ kind, rank, density, majority, seed }: MergeOptions, at: string): void {
  const { of, sparsify, join } = MERGE_LAWS[kind];
  const unread = (name: string, isRead: boolean, value: number | string | undefined): void => {
    if (value !== undefined && !isRead)
      throw invalidComposition(`${at}.${name}`, `expected none for ${kind}, which does not read it, got ${value}`);
  };
  unread('rank', of === 'cut' || of === 'deltas', rank);
  unread('density', sparsify !== undefined, density);
  unread('majority', join?.length === 2, majority);
  unread('seed', sparsify === 'random', seed);
  if (rank !== undefined && (!Number.isInteger(rank) || rank < 1 || rank > MAX_RANK))
    throw invalidComposition(`${at}.rank`, `expected an integer from 1 to ${MAX_RANK}, got ${rank}`);
  if (density !== undefined && !(density > 0 && density <= 1))
    throw invalidComposition(`${at}.density`, `expected a number over 0 and up to 1, got ${density}`);
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw invalidComposition(`${at}.seed`, `expected an integer, got ${seed}`);
}

/** @throws ValidationError  for too few or too many members, and weights that are not finite or all 0 */
export function checkMergeWeights(weights: readonly number[], at: string): void {
  if (weights.length < 1 || weights.length > MAX_MEMBERS)
    throw invalidComposition(`${at}.members`, `expected 1 to ${MAX_MEMBERS} members, got ${weights.length}`);
  weights.forEach((weight, i) => {
    if (Math.abs(weight) <= MAX_WEIGHT) return;
    throw invalidComposition(
      `${at}.members[${i}].weight`,
      `expected a finite number up to ${MAX_WEIGHT}, got ${weight}`,
    );
  });
  if (weights.every((weight) => weight === 0))
    throw invalidComposition(`${at}.members`, 'expected a weight other than 0, got none');
}
