import { isWhitespace } from '../characters.js';
import type { Draft } from '../draft.js';

/** Ġ: a blank in GPT-2's byte alphabet. */
const BLANK = 0x120;

function isBlank(unit: number): boolean {
  return unit === BLANK || isWhitespace(unit);
}

/**
 * Takes the white space at the ends of byte-level tokens out of their offsets. With `prefixSpace` the single blank of
 * the first token stays, for it was put there and has no place in the text.
 */
export function trimOffsets(draft: Draft, prefixSpace: boolean): Draft {
  const offsets = draft.offsets.slice();
  draft.surfaces.forEach((token, i) => {
    let leading = 0;
    while (leading < token.length && isBlank(token.charCodeAt(leading))) leading++;
    let trailing = 0;
    while (trailing < token.length && isBlank(token.charCodeAt(token.length - 1 - trailing))) trailing++;
    let start = offsets[2 * i]!;
    let end = offsets[2 * i + 1]!;
    if (prefixSpace && leading === 1 && (i === 0 || start === 0)) leading = 0;
    start = Math.min(start + leading, end);
    if (trailing > 0 && end >= trailing) end = Math.max(end - trailing, start);
    offsets[2 * i] = start;
    offsets[2 * i + 1] = end;
  });
  return { ...draft, offsets };
}
