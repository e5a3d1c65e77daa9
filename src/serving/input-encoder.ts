import { countCodePoints } from '../common/code-points.js';
import { ValidationError } from '../common/errors.js';
import type { Encoding } from '../models/tokenizers/encoding.js';
import type { Tokenizer } from '../models/tokenizers/tokenizer.js';
import { charactersOf, cutTo, maxCharacters } from './input-bound.js';

/** Longest time that tokenisation keeps the event loop, unless one text alone takes longer. */
const SLICE_MS = 5;

type InputTokenizer = Pick<Tokenizer, 'encode' | 'truncationSide'>;

export interface EncodeLimits {
  /** Longest encoding, special tokens included. */
  readonly maxTokens: number;
  /** Cuts a longer input instead of refusing it. */
  readonly truncate: boolean;
}

/**
 * Texts to token ids on the API thread, which goes on serving others meanwhile: after every few milliseconds the event loop
 * has a turn, and a text over `maxCharacters` is refused, or cut, before it is read. It is cut at the side where the
 * tokenizer cuts; offsets are those in the whole text.
 *
 * @throws ValidationError  for a text of more than `maxTokens`, or of more characters than these may have, unless `truncate`
 */
export function encodeTexts(
  tokenizer: InputTokenizer,
  texts: readonly string[],
  limits: EncodeLimits,
): Promise<Encoding[]> {
  return inTurns(texts, (text, index) =>
    limits.truncate ? encodeCut(tokenizer, text, limits) : encodeWhole(tokenizer, text, limits, index),
  );
}

/** One result a text, with a turn for the event loop after every few milliseconds. */
export async function inTurns<R>(texts: readonly string[], encode: (text: string, index: number) => R): Promise<R[]> {
  const encoded: R[] = [];
  let startMs = performance.now();
  for (const [index, text] of texts.entries()) {
    if (performance.now() - startMs > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      startMs = performance.now();
    }
    encoded.push(encode(text, index));
  }
  return encoded;
}

/** @throws ValidationError  for a text over the bounds, which names it by its index */
export function encodeWhole(
  tokenizer: InputTokenizer,
  text: string,
  { maxTokens }: EncodeLimits,
  index: number,
): Encoding {
  const most = maxCharacters(maxTokens);
  const characters = charactersOf(text, most);
  if (characters > most) throw tooLong(index, `${most} characters for ${maxTokens} tokens`, characters);
  const encoding = tokenizer.encode(text);
  if (encoding.ids.length <= maxTokens) return encoding;
  throw tooLong(index, `${maxTokens} tokens, special tokens included`, encoding.ids.length);
}

function encodeCut(tokenizer: InputTokenizer, text: string, { maxTokens }: EncodeLimits): Encoding {
  const side = tokenizer.truncationSide;
  const piece = cutTo(text, maxCharacters(maxTokens), side);
  const encoding = tokenizer.encode(piece, { maxTokens });
  const start = text.length - piece.length;
  return side === 'right' || start === 0 ? encoding : shifted(encoding, countCodePoints(text, start));
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
