import { isAscii, isCombiningMark } from '../characters.js';
import type { NormalizedString } from '../normalized-string.js';
import { mapCharacters } from '../transform.js';

/** Removes combining marks; precomposed characters keep theirs, so NFD or NFKD usually runs before. */
export function stripAccents(source: NormalizedString): NormalizedString {
  if (isAscii(source.text)) return source;
  return mapCharacters(source, (char, point) => (isCombiningMark(point) ? '' : char));
}
