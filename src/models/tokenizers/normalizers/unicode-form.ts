import { charPredicate } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';
import { type Change, transform } from '../transform.js';
import { DECOMPOSED_SINCE_9 } from '../unicode-versions.js';
import { combiningRank } from './combining.js';
import type { Normalizer } from './normalizer.js';

type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** A character of a text under normalization, with the rank of its combining class. */
interface Ranked extends Change {
  readonly rank: number;
}

const isNewlyDecomposed = charPredicate(DECOMPOSED_SINCE_9);

/** Below U+00A0 every form leaves a text as it is. */
const NEEDS_WORK = /[^\0-\x9f]/;
/** Native normalization takes time with the square of a run of marks; longer runs are left to ours. */
const LONG_RUN_OF_MARKS = /\p{M}{32}/u;

/** Decomposes each character and sorts runs of marks by class (Unicode Standard Annex 15; Unicode §3.11 D109). */
function decompose(text: string, form: 'NFD' | 'NFKD'): Ranked[] {
  const result: Ranked[] = [];
  let runStart = 0;
  for (const original of text) {
    const parts = isNewlyDecomposed(original.codePointAt(0)!) ? original : original.normalize(form);
    let change = 0;
    for (const char of parts) {
      const rank = combiningRank(char);
      if (rank === 0) {
        sortMarks(result, runStart);
        runStart = result.length + 1;
      }
      result.push({ char, change, rank });
      change = 1;
    }
  }
  sortMarks(result, runStart);
  return result;
}

/** Sorts the marks from `start` to the end by class; marks of one class keep their order. */
function sortMarks(chars: Ranked[], start: number): void {
  if (chars.length - start < 2) return;
  const run = chars.splice(start);
  run.sort((first, second) => first.rank - second.rank);
  for (const char of run) chars.push(char);
}

/** Primary composite of two characters, if there is one. */
function compose(first: string, second: string): string | undefined {
  const joined = (first + second).normalize('NFC');
  const point = joined.codePointAt(0)!;
  const isOne = joined.length === (point > 0xffff ? 2 : 1);
  return isOne && !isNewlyDecomposed(point) ? joined : undefined;
}

/** Canonical composition (D117): a mark joins the last starter unless a mark of its class or a starter is between. */
function recompose(decomposed: readonly Ranked[]): Change[] {
  const composed: Change[] = [];
  let starter = -1; // index in `composed`
  let lastRank = -1; // of the mark left standing after the starter, if any
  for (const next of decomposed) {
    const isOpen = starter >= 0 && lastRank < next.rank;
    const whole = isOpen ? tryCompose(composed, starter, next) : undefined;
    if (whole !== undefined) {
      composed[starter] = whole;
      continue;
    }
    composed.push(next);
    lastRank = next.rank === 0 ? -1 : next.rank;
    if (next.rank === 0) starter = composed.length - 1;
  }
  return composed;
}

function tryCompose(composed: readonly Change[], starter: number, next: Change): Change | undefined {
  const { char, change } = composed[starter]!;
  const whole = compose(char, next.char);
  return whole === undefined ? undefined : { char: whole, change: change + next.change - 1 };
}

function isNormal(text: string, form: Form): boolean {
  if (!NEEDS_WORK.test(text)) return true;
  return !LONG_RUN_OF_MARKS.test(text) && text.normalize(form) === text;
}

/**
 * Unicode normalization forms, each character with the span of the one it came from; a character composed of several has
 * the span of the first.
 */
export function unicodeForm(form: Form): Normalizer {
  return (text: NormalizedString) => {
    if (isNormal(text.text, form)) return text;
    const decomposed = decompose(text.text, form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD');
    return transform(text, form === 'NFC' || form === 'NFKC' ? recompose(decomposed) : decomposed);
  };
}

export const canonicalDecomposition = unicodeForm('NFD');
