import { TextDecoder } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { ValidationError } from '../common/errors.js';

/**
 * What a request can need is far below: 256 inputs of 512 token ids are 131,072 values. Without bounds, a body of 4 MiB that
 * is nothing but brackets keeps the thread for a second while it is parsed.
 */
const LIMITS = { levels: 16, lists: 10_000, keys: 1_000, values: 250_000 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Reads JSON bodies: UTF-8, bounded in structure before it is parsed, and without keys that reach a prototype. */
export function readJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      checkStructure(body as Buffer);
      void parse(request, textOf(body as Buffer), done);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws ValidationError  for bytes that are not UTF-8, which would else be read as other text than was sent */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ValidationError('body: expected JSON in UTF-8, got other bytes', { cause });
  }
}

/**
 * Counts what stands outside of texts, in one pass over the bytes. Whether it is JSON is for the parser to say.
 *
 * @throws ValidationError  for more levels, lists and objects, keys or values than `LIMITS`
 */
export function checkStructure(bytes: Uint8Array): void {
  let [level, levels, lists, keys, values] = [0, 0, 0, 0, 1];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === COMMA) values++;
    else if (byte === COLON) keys++;
    else if (isOpening(byte)) {
      lists++;
      levels = Math.max(levels, ++level);
    } else if (isClosing(byte)) level--;
  }
  for (const [name, count] of Object.entries({ levels, lists, keys, values })) {
    const most = LIMITS[name as keyof typeof LIMITS];
    if (count > most) throw new ValidationError(`body: expected at most ${most} ${name}, got ${count}`);
  }
}

/** Where the text that starts at `start` has its second quote. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** [ or { */
function isOpening(byte: number): boolean {
  return byte === 0x5b || byte === 0x7b;
}

/** ] or } */
function isClosing(byte: number): boolean {
  return byte === 0x5d || byte === 0x7d;
}
