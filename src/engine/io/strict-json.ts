import { ValidationError } from '../../common/errors.js';

/** A JSON value whose objects are maps, so that no key can reach a prototype. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** No file we read nests deeper; bounds the recursion for input that does. */
const MAX_DEPTH = 16;

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
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
  const parseString = (): string => JSON.parse(match(STRING) ?? fail('expected a string')) as string;

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
