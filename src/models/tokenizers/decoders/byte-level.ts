import { fromByteAlphabet } from '../byte-alphabet.js';
import type { Decoder } from './decoder.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** GPT-2's byte alphabet back to text; a token with other characters stands for itself, broken UTF-8 becomes U+FFFD. */
export const decodeByteLevel: Decoder = (tokens) => [
  utf8.decode(Buffer.concat(tokens.map((token) => Buffer.from(fromByteAlphabet(token) ?? Buffer.from(token))))),
];
