import { type Draft, truncated } from './draft.js';

/**
 * Cuts one text, or two with the longer one first, to `max` tokens together. Two long texts get half each, the second
 * the odd one.
 */
export function truncateLongestFirst(drafts: readonly Draft[], max: number, side: 'left' | 'right'): readonly Draft[] {
  const lengths = drafts.map((draft) => draft.ids.length);
  if (lengths.reduce((sum, length) => sum + length, 0) <= max) return drafts;
  const [first, second] = drafts;
  if (first === undefined) return drafts;
  if (second === undefined) return [truncated(first, max, side)];
  const [a = 0, b = 0] = lengths;
  const [short, long] = shares(Math.min(a, b), max);
  return [truncated(first, a > b ? long : short, side), truncated(second, a > b ? short : long, side)];
}

/** Tokens left to the shorter and the longer text. */
function shares(shorter: number, max: number): [number, number] {
  const longer = Math.max(shorter, max - shorter);
  if (shorter + longer <= max) return [shorter, longer];
  const half = Math.floor(max / 2);
  return [half, half + (max % 2)];
}
