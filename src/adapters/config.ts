import { IncompatibleAdapterError, ValidationError } from '../common/errors.js';
import { parseStrictJson, type JsonValue } from '../engine/io/strict-json.js';

export type { JsonValue } from '../engine/io/strict-json.js';

/** An object of a configuration file. A map, so that no key can reach a prototype. */
export type Config = ReadonlyMap<string, JsonValue>;

/** @throws ValidationError  when the bytes are not one JSON object in UTF-8 */
export function parseConfig(bytes: Uint8Array, name: string): Config {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ValidationError(`${name}: must be UTF-8`, { cause, param: name });
  }
  const value = parseStrictJson(text, name);
  if (!isConfig(value))
    throw new ValidationError(`${name}: must be a JSON object, got ${show(value)}`, { param: name });
  return value;
}

export function isConfig(value: JsonValue | undefined): value is Config {
  return value instanceof Map;
}

/** A configuration out of plain values, for checkpoints that are made here. */
export function toConfig(entries: Readonly<Record<string, unknown>>): Config {
  return new Map(Object.entries(entries).map(([key, value]) => [key, toJson(value)]));
}

function toJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return value as Config;
  if (typeof value === 'object' && value !== null) return toConfig(value as Record<string, unknown>);
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  throw new ValidationError(`configuration: must hold JSON values, got ${typeof value}`);
}

/** JSON with sorted keys: equal configurations have equal text. `indent` as `JSON.stringify` counts it. */
export function canonicalJson(value: JsonValue, indent = 0): string {
  return JSON.stringify(plain(value), null, indent);
}

function plain(value: JsonValue): unknown {
  if (value instanceof Map) {
    const entries = [...(value as Config)].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

/** A value in an error message, cut where it is long. */
export function show(value: JsonValue | undefined): string {
  const text = value === undefined ? 'nothing' : canonicalJson(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** Same JSON, the order of object keys aside. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));
}

function read<T>(
  config: Config,
  key: string,
  expected: string,
  pick: (value: JsonValue) => T | undefined,
  absent?: T,
): T {
  const value = config.get(key);
  const picked = value === undefined || value === null ? absent : pick(value);
  if (picked !== undefined) return picked;
  throw new IncompatibleAdapterError(`${key}: must be ${expected}, got ${show(value)}`, { param: key });
}

/** An integer of at least `least`; `absent` stands for a missing key or null. */
export function integerKey(config: Config, key: string, least: number, absent?: number): number {
  const pick = (value: JsonValue): number | undefined =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : undefined;
  return read(config, key, `an integer of at least ${least}`, pick, absent);
}

export function numberKey(config: Config, key: string, absent?: number): number {
  return read(config, key, 'a number', (value) => (typeof value === 'number' ? value : undefined), absent);
}

export function booleanKey(config: Config, key: string, absent?: boolean): boolean {
  return read(config, key, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined), absent);
}

export function stringKey(config: Config, key: string, absent?: string): string {
  return read(config, key, 'a string', (value) => (typeof value === 'string' ? value : undefined), absent);
}

/** A list of strings; a single string is not one. */
export function stringsKey(config: Config, key: string, absent?: readonly string[]): readonly string[] {
  return read(config, key, 'a list of strings', strings, absent);
}

/** A list of strings, or one string that PEFT takes for a regular expression. */
export function patternKey(
  config: Config,
  key: string,
  absent?: string | readonly string[],
): string | readonly string[] {
  const pick = (value: JsonValue): string | readonly string[] | undefined =>
    typeof value === 'string' ? value : strings(value);
  return read(config, key, 'a string or a list of strings', pick, absent);
}

export function objectKey(config: Config, key: string): Config {
  return read(config, key, 'an object', (value) => (isConfig(value) ? value : undefined), new Map<string, JsonValue>());
}

function strings(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: readonly JsonValue[] = value;
  return items.every((item): item is string => typeof item === 'string') ? items : undefined;
}
