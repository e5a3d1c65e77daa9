import type { NormalizedString } from '../normalized-string.js';
import { mapCharacters } from '../transform.js';

/** Lower case, character by character: unlike `toLowerCase` of a whole text, a final Σ becomes σ and never ς. */
export function lowercase(source: NormalizedString): NormalizedString {
  const lower = source.text.replaceAll('Σ', 'σ').toLowerCase();
  if (lower.length === source.length) return source.withText(lower);
  return mapCharacters(source, (char) => char.toLowerCase());
}
