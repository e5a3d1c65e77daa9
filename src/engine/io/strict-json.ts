import { ValidationError } from '../../common/errors.js';

/** A JSON value whose objects are maps, so that no key can reach a prototype. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** No file we read nests deeper; bounds the recursion for input that does. */
const MAX_DEPTH = 16;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Parses JSON as `JSON.parse` does, but refuses an object that has one key twice, where the standard parser silently
 * keeps the last.
 *
 * @param what  names the text in errors
 * @throws ValidationError  with the position of the fault
 */
export function parseStrictJson(text: string, what: string): JsonValue {
  let at = 0;
  const fail = (rule: string): never => {
    throw new ValidationError(`${what}: ${rule} at character ${at}`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const accept = (character: string): boolean => {
    match(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const parseString = (): string => {
    const start = at;
    const literal = text.slice(at, endOfString(text, at) ?? fail('expected a string'));
    at += literal.length;
    try {
      return JSON.parse(literal) as string;
    } catch {
      at = start;
      return fail('expected a string without control characters and unknown escapes');
    }
  };

  /** The items between `open`, already read, and `close`, separated by commas. */
  function parseItems(close: string, item: () => void): void {
    if (accept(close)) return;
    do item();
    while (accept(','));
    if (!accept(close)) fail(`expected , or ${close}`);
  }

  function parseObject(depth: number): ReadonlyMap<string, JsonValue> {
    const object = new Map<string, JsonValue>();
    parseItems('}', () => {
      match(SPACE);
      const key = parseString();
      if (object.has(key)) fail(`expected each key once, got ${JSON.stringify(key)} again`);
      if (!accept(':')) fail('expected :');
      object.set(key, parseValue(depth + 1));
    });
    return object;
  }

  function parseValue(depth: number): JsonValue {
    if (depth > MAX_DEPTH) fail(`expected at most ${MAX_DEPTH} levels`);
    if (accept('{')) return parseObject(depth);
    if (accept('[')) {
      const list: JsonValue[] = [];
      parseItems(']', () => list.push(parseValue(depth + 1)));
      return list;
    }
    if (text[at] === '"') return parseString();
    const token = match(WORD) ?? match(NUMBER) ?? fail('expected a JSON value');
    return JSON.parse(token) as JsonValue;
  }

  const value = parseValue(0);
  match(SPACE);
  if (at < text.length) fail('expected the end');
  return value;
}

/**
 * Position behind the string that begins at `start`; undefined when none does, or it does not end. What may stand in it
 * is the standard parser's to say. (A regular expression would overflow its stack on a string of many megabytes.)
 */
function endOfString(text: string, start: number): number | undefined {
  if (text[start] !== '"') return undefined;
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end; // of the backslashes before the quote: an odd number of them makes it a part of the string
    while (text[first - 1] === '\\') first--;
    if ((end - first) % 2 === 0) return end + 1;
  }
  return undefined;
}
