import { ValidationError } from '../common/errors.js';
import type { Encoding } from '../models/tokenizers/encoding.js';
import type { Tokenizer } from '../models/tokenizers/tokenizer.js';

/** Longest time that tokenisation keeps the event loop, unless one text alone takes longer. */
const SLICE_MS = 5;
/** Characters a token is expected to have at most; longer texts are read in pieces, so that a huge one costs no more. */
const CHARACTERS_PER_TOKEN = 32;

export interface EncodeLimits {
  /** Longest encoding, special tokens included. */
  readonly maxTokens: number;
  /** Cuts a longer input instead of refusing it. */
  readonly truncate: boolean;
}

/**
 * Texts to token ids on the API thread, which goes on serving others meanwhile: after every few milliseconds the event loop
 * has a turn, and no more of a text is read than its longest allowed encoding needs.
 *
 * @throws ValidationError  for a text of more than `maxTokens` unless `truncate`
 */
export async function encodeTexts(
  tokenizer: Pick<Tokenizer, 'encode'>,
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
    encodings.push(encodeText(tokenizer, text, { ...limits, index }));
  }
  return encodings;
}

function encodeText(
  tokenizer: Pick<Tokenizer, 'encode'>,
  text: string,
  { maxTokens, truncate, index }: EncodeLimits & { index: number },
): Encoding {
  for (let length = maxTokens * CHARACTERS_PER_TOKEN; ; length *= 4) {
    const piece = cutAtSpace(text, length);
    const encoding = tokenizer.encode(piece);
    if (encoding.ids.length > maxTokens) {
      if (truncate) return tokenizer.encode(piece, { maxTokens });
      throw tooLong(index, maxTokens, encoding.ids.length, piece.length < text.length);
    }
    if (piece.length === text.length) return encoding;
  }
}

/** The first `length` characters, a little more where that ends the word, so that its tokens are the whole text's. */
function cutAtSpace(text: string, length: number): string {
  if (text.length <= length) return text;
  const space = text.indexOf(' ', length);
  return space === -1 || space > length * 2 ? text.slice(0, length) : text.slice(0, space);
}

function tooLong(index: number, maxTokens: number, tokens: number, isPiece: boolean): ValidationError {
  const got = isPiece ? `more than ${tokens}` : `${tokens}`;
  return new ValidationError(
    `input ${index}: at most ${maxTokens} tokens, special tokens included, got ${got}; "truncate": true cuts longer inputs`,
    { param: 'input', code: 'context_length_exceeded' },
  );
}
