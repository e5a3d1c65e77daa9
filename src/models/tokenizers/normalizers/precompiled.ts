import { asString, type JsonObject, refuse } from '../json.js';
import type { NormalizedString } from '../normalized-string.js';
import { type Change, transform } from '../transform.js';
import { WordCache } from '../word-cache.js';
import { CharsMap } from './chars-map.js';
import { graphemes } from './graphemes.js';
import type { Normalizer } from './normalizer.js';

const MAX_GRAPHEME_BYTES = 6;
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Counts how the characters of `to` use up those of `from`, as the library does; see `transform`. */
function replaceChars(changes: Change[], from: string, to: string): void {
  const added = [...to];
  const difference = added.length - [...from].length;
  const kept = difference > 0 ? added.length - difference : added.length;
  added.forEach((char, i) => changes.push({ char, change: i < kept ? 0 : 1 }));
  const last = changes.at(-1);
  if (difference < 0 && last !== undefined) {
    changes[changes.length - 1] = { char: last.char, change: last.change + difference };
  }
}

/**
 * SentencePiece's compiled character map. A grapheme of fewer than 6 bytes is looked up as a whole, and else character
 * by character; the shortest key that begins the grapheme wins and replaces all of it. Odd, but it is what the
 * library does and so what the ids of XLM-R, mBART and T5 models are made with.
 */
export function buildPrecompiled(fields: JsonObject, where: string): Normalizer {
  const encoded = asString(fields['precompiled_charsmap'], `${where}.precompiled_charsmap`);
  const map = CharsMap.parse(Buffer.from(encoded, 'base64'));
  if (map === undefined) return refuse(`${where}.precompiled_charsmap`, 'a trie and its texts in base64', encoded);
  const texts = new WordCache<string | null>();
  const get = (part: string): string | undefined => {
    if (!map.mapsAscii && part.length === 1 && part >= ' ' && part <= '~') return undefined;
    return texts.getOrCompute(part, (key) => map.get(key) ?? null) ?? undefined;
  };
  return (source) => (!map.mapsAscii && PRINTABLE_ASCII.test(source.text) ? source : rewrite(source, get));
}

function rewrite(source: NormalizedString, get: (part: string) => string | undefined): NormalizedString {
  const changes: Change[] = [];
  let isModified = false;
  for (const grapheme of graphemes(source.text)) {
    const isShort = grapheme.length < MAX_GRAPHEME_BYTES && Buffer.byteLength(grapheme) < MAX_GRAPHEME_BYTES;
    const whole = isShort ? get(grapheme) : undefined;
    if (whole !== undefined) {
      isModified = true;
      replaceChars(changes, grapheme, whole);
      continue;
    }
    for (const char of grapheme) {
      const mapped = get(char);
      if (mapped === undefined) changes.push({ char, change: 0 });
      else {
        isModified = true;
        replaceChars(changes, char, mapped);
      }
    }
  }
  return isModified ? transform(source, changes) : source;
}
