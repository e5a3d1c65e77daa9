import { isPunctuation, isWhitespace, unitsOf } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';

/** Words at white space, every punctuation character a word of its own. */
export function bertPreTokenizer(source: NormalizedString, out: NormalizedString[]): void {
  const { text } = source;
  let start = 0;
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i)!;
    const next = i + unitsOf(point);
    const isPunct = isPunctuation(point);
    if (isPunct || isWhitespace(point)) {
      if (start < i) out.push(source.slice(start, i));
      if (isPunct) out.push(source.slice(i, next));
      start = next;
    }
    i = next;
  }
  if (start < text.length) out.push(source.slice(start, text.length));
}
