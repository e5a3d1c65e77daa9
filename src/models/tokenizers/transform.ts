import { unitsOf } from './characters.js';
import type { NormalizedString } from './normalized-string.js';

/**
 * One character of a rewritten text and what it does to the old one: 0 replaces the next old character, a positive
 * number inserts (the span is that of the character before), −n replaces the next one and removes the n after it.
 */
export interface Change {
  readonly char: string;
  readonly change: number;
}

/** Rewrites a whole text by changes, keeping count of the old characters they use up. */
export function transform(source: NormalizedString, changes: Iterable<Change>): NormalizedString {
  const { text } = source;
  const edit = source.edit();
  let offset = 0; // next old character, in code units
  let unchanged = 0; // where the old characters begin that stay as they are, up to `offset`
  for (const { char, change } of changes) {
    if (change === 0 && text.startsWith(char, offset)) {
      offset += char.length;
      continue;
    }
    edit.copy(unchanged, offset);
    edit.insert(char, change > 0 ? offset - 1 : Math.min(offset, text.length - 1));
    for (let used = change - 1; used < 0; used++) offset += unitsAt(text, offset);
    unchanged = offset;
  }
  edit.copy(unchanged, offset);
  return edit.finish();
}

function unitsAt(text: string, index: number): number {
  const point = text.codePointAt(index);
  return point === undefined ? 0 : unitsOf(point);
}

/**
 * Replaces each character by the text `replace` returns for it (empty removes it); all of that text stands for what the
 * character stood for.
 */
export function mapCharacters(
  source: NormalizedString,
  replace: (char: string, codePoint: number) => string,
): NormalizedString {
  const { text } = source;
  const edit = source.edit();
  let unchanged = 0;
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i)!;
    const next = i + unitsOf(point);
    const char = text.slice(i, next);
    const mapped = replace(char, point);
    if (mapped !== char) {
      edit.copy(unchanged, i);
      if (mapped !== '') edit.insert(mapped, i);
      unchanged = next;
    }
    i = next;
  }
  if (unchanged === 0) return source;
  edit.copy(unchanged, text.length);
  return edit.finish();
}
