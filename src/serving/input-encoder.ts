import { ValidationError } from '../common/errors.js';
import { countCodePoints } from '../common/code-points.js';
import type { Encoding } from '../models/tokenizers/encoding.js';
import type { Tokenizer } from '../models/tokenizers/tokenizer.js';

/** Longest time that tokenisation keeps the event loop, unless one text alone takes longer. */
const SLICE_MS = 5;
/**
 * Characters (UTF-16 code units) that an input may have for each token of its longest encoding. Tokens have 4 to 6 in most
 * texts, but there is no bound: a megabyte without spaces may be one unknown token, and a megabyte of spaces none. What a
 * tokenizer reads of one text is therefore bounded before it reads: at most 1.6 µs a character, 27 ms for 512 tokens.
 */
export const CHARACTERS_PER_TOKEN = 32;

type InputTokenizer = Pick<Tokenizer, 'encode' | 'truncationSide'>;

export interface EncodeLimits {
  /** Longest encoding, special tokens included. */
  readonly maxTokens: number;
  /** Cuts a longer input instead of refusing it. */
  readonly truncate: boolean;
}

/**
 * Texts to token ids on the API thread, which goes on serving others meanwhile: after every few milliseconds the event loop
 * has a turn, and a text over `maxTokens · CHARACTERS_PER_TOKEN` characters is refused, or cut, before it is read. It is
 * cut at the side where the tokenizer cuts; offsets are those in the whole text.
 *
 * @throws ValidationError  for a text of more than `maxTokens`, or of more characters than these may have, unless `truncate`
 */
export async function encodeTexts(
  tokenizer: InputTokenizer,
  texts: readonly string[],
  limits: EncodeLimits,
): Promise<Encoding[]> {
  const encodings: Encoding[] = [];
  let startMs = performance.now();
  for (const [index, text] of texts.entries()) {
    if (performance.now() - startMs > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      startMs = performance.now();
    }
    encodings.push(limits.truncate ? encodeCut(tokenizer, text, limits) : encodeWhole(tokenizer, text, limits, index));
  }
  return encodings;
}

function encodeWhole(tokenizer: InputTokenizer, text: string, { maxTokens }: EncodeLimits, index: number): Encoding {
  const maxCharacters = maxTokens * CHARACTERS_PER_TOKEN;
  if (text.length > maxCharacters) {
    throw tooLong(index, `${maxCharacters} characters (for ${maxTokens} tokens)`, text.length);
  }
  const encoding = tokenizer.encode(text);
  if (encoding.ids.length <= maxTokens) return encoding;
  throw tooLong(index, `${maxTokens} tokens, special tokens included`, encoding.ids.length);
}

function encodeCut(tokenizer: InputTokenizer, text: string, { maxTokens }: EncodeLimits): Encoding {
  const maxCharacters = maxTokens * CHARACTERS_PER_TOKEN;
  if (text.length <= maxCharacters) return tokenizer.encode(text, { maxTokens });
  if (tokenizer.truncationSide === 'right') {
    return tokenizer.encode(text.slice(0, atCharacter(text, maxCharacters)), { maxTokens });
  }
  const start = atCharacter(text, text.length - maxCharacters);
  return shifted(tokenizer.encode(text.slice(start), { maxTokens }), countCodePoints(text, start));
}

/** The place itself, or the one before where it is inside of a surrogate pair. */
function atCharacter(text: string, at: number): number {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff ? at - 1 : at;
}

/** The encoding of a text's end, with offsets in the whole text. */
function shifted(encoding: Encoding, points: number): Encoding {
  const { offsets, specialMask } = encoding;
  return { ...encoding, offsets: offsets.map((offset, i) => (specialMask[i >> 1] === 1 ? offset : offset + points)) };
}

function tooLong(index: number, bound: string, got: number): ValidationError {
  return new ValidationError(`input ${index}: at most ${bound}, got ${got}; "truncate": true cuts longer inputs`, {
    param: 'input',
    code: 'context_length_exceeded',
  });
}
