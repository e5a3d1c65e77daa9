import { ModelError } from '../../common/errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Refuses a tokenizer.json by the place of the fault: `tokenizer.json: model.vocab: expected an object, got null`. */
export function refuse(where: string, expected: string, got: unknown): never {
  const text = typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : describe(got);
  throw new ModelError(`tokenizer.json: ${where}: expected ${expected}, got ${text}`);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value === null || typeof value !== 'object') return String(value);
  return 'an object';
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, where: string): JsonObject {
  return isObject(value) ? value : refuse(where, 'an object', value);
}

export function asArray(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(where, 'an array', value);
}

export function asString(value: unknown, where: string): string {
  return typeof value === 'string' ? value : refuse(where, 'a string', value);
}

/** A string of exactly one code point. */
export function asChar(value: unknown, where: string): string {
  const text = asString(value, where);
  return [...text].length === 1 ? text : refuse(where, 'one character', text);
}

/** An integer from 0 to 2³¹ − 1. */
export function asCount(value: unknown, where: string): number {
  const ok = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 0x80000000;
  return ok ? value : refuse(where, 'an integer from 0', value);
}

export function asBool(value: unknown, where: string): boolean {
  return typeof value === 'boolean' ? value : refuse(where, 'true or false', value);
}

/** The value of a key that may be absent or null. */
export function optional<T>(
  fields: JsonObject,
  key: string,
  where: string,
  read: (value: unknown, where: string) => T,
): T | undefined {
  const value = fields[key];
  return value === undefined || value === null ? undefined : read(value, `${where}.${key}`);
}

/** The `type` tag of a component. */
export function typeOf(fields: JsonObject, where: string): string {
  return asString(fields['type'], `${where}.type`);
}

export type Builder<T> = (fields: JsonObject, where: string) => T;

/** Builds a component by its `type` tag; an unknown type is refused by name. */
export function buildTagged<T>(builders: Readonly<Record<string, Builder<T>>>, json: unknown, where: string): T {
  const fields = asObject(json, where);
  const type = typeOf(fields, where);
  const build = Object.hasOwn(builders, type) ? builders[type] : undefined;
  if (build === undefined) refuse(`${where}.type`, `one of ${Object.keys(builders).join(', ')}`, type);
  return build(fields, where);
}

/** Token → id, every id an integer from 0. */
export function asVocab(value: unknown, where: string): Map<string, number> {
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(asObject(value, where))) {
    vocab.set(token, asCount(id, `${where}[${JSON.stringify(token)}]`));
  }
  if (vocab.size === 0) refuse(where, 'at least one token', value);
  return vocab;
}
