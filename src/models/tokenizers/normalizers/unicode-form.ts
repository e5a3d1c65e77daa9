import { charPredicate } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';
import { type Change, transform } from '../transform.js';
import { DECOMPOSED_SINCE_9 } from '../unicode-versions.js';
import { isClassBelow, isStarter } from './combining.js';
import type { Normalizer } from './normalizer.js';

const isNewlyDecomposed = charPredicate(DECOMPOSED_SINCE_9);

/** Below U+00A0 nothing decomposes; below U+0300 nothing composes with what stands before it. */
const NEEDS_WORK = /[^\0-\x9f]/;

/** Decomposes each character and sorts runs of combining marks by class (Unicode Standard Annex 15, D68 and D109). */
function decompose(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const changes: Change[] = [];
  let sorted = 0; // first index of the run of marks that may still move
  for (const original of text) {
    const parts = isNewlyDecomposed(original.codePointAt(0)!) ? original : original.normalize(form);
    let first = true;
    for (const char of parts) {
      sorted = place(changes, { char, change: first ? 0 : 1 }, sorted);
      first = false;
    }
  }
  return changes;
}

/** Appends a character, moved before the marks of a higher class; returns the start of the run of marks. */
function place(changes: Change[], next: Change, runStart: number): number {
  changes.push(next);
  if (isStarter(next.char)) return changes.length;
  let at = changes.length - 1;
  for (; at > runStart && isClassBelow(next.char, changes[at - 1]!.char); at--) changes[at] = changes[at - 1]!;
  changes[at] = next;
  return runStart;
}

/** Primary composite of two characters, if there is one. */
function compose(first: string, second: string): string | undefined {
  const joined = (first + second).normalize('NFC');
  const point = joined.codePointAt(0)!;
  const isOne = joined.length === (point > 0xffff ? 2 : 1);
  return isOne && !isNewlyDecomposed(point) ? joined : undefined;
}

/** Canonical composition (D117): a mark joins the last starter unless a mark of its class or a starter is between. */
function recompose(decomposed: readonly Change[]): Change[] {
  const composed: Change[] = [];
  let starter = -1; // index in `composed`
  let lastMark: string | undefined; // last mark left standing after the starter
  for (const next of decomposed) {
    const isMark = !isStarter(next.char);
    const open = starter >= 0 && (lastMark === undefined || (isMark && isClassBelow(lastMark, next.char)));
    const whole = open ? compose(composed[starter]!.char, next.char) : undefined;
    if (whole !== undefined) {
      composed[starter] = { char: whole, change: composed[starter]!.change + next.change - 1 };
      continue;
    }
    composed.push(next);
    if (isMark) lastMark = next.char;
    else {
      starter = composed.length - 1;
      lastMark = undefined;
    }
  }
  return composed;
}

export function canonicalDecomposition(text: NormalizedString): NormalizedString {
  if (!NEEDS_WORK.test(text.text) || text.text.normalize('NFD') === text.text) return text;
  return transform(text, decompose(text.text, 'NFD'));
}

/**
 * Unicode normalization forms, each character with the span of the one it came from; a character composed of several has
 * the span of the first.
 */
export function unicodeForm(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalizer {
  if (form === 'NFD') return canonicalDecomposition;
  return (text) => {
    if (!NEEDS_WORK.test(text.text) || text.text.normalize(form) === text.text) return text;
    const decomposed = decompose(text.text, form === 'NFC' ? 'NFD' : 'NFKD');
    return transform(text, form === 'NFKD' ? decomposed : recompose(decomposed));
  };
}
