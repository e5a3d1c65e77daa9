import { ValidationError } from '../../common/errors.js';

/** Tokens `from` ≤ t < `to` of an input, special tokens counted and virtual tokens not; without `to`, up to the end. */
export interface TokenRange {
  readonly from: number;
  readonly to?: number;
}

/** @throws ValidationError  unless 0 ≤ from < to, both integers */
export function checkRange({ from, to }: TokenRange): void {
  const isWhole = Number.isInteger(from) && from >= 0 && (to === undefined || (Number.isInteger(to) && to > from));
  if (!isWhole)
    throw new ValidationError(`adapters: tokens: expected 0 ≤ from < to, got ${from} and ${to ?? 'no end'}`);
}

/** The positions of a range in a row whose input's tokens stand at `start` ≤ position < `start` + `length`. */
export function positionsOf({ from, to }: TokenRange, { start, length }: { start: number; length: number }) {
  return { from: start + Math.min(from, length), to: start + Math.min(to ?? length, length) };
}

/** The positions of a row that a route shares out: those of its tokens, or all, virtual ones among them. */
export function routedPositions(tokens: TokenRange | undefined, span: { start: number; length: number }) {
  return tokens ? positionsOf(tokens, span) : { from: 0, to: span.start + span.length };
}

export function sameRange(a: TokenRange | undefined, b: TokenRange | undefined): boolean {
  return a?.from === b?.from && a?.to === b?.to;
}
