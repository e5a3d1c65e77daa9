import type { ParseArgsConfig } from 'node:util';
import { ValidationError } from '../common/errors.js';

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export interface Arguments {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
}

/** Where a command writes, and what it reads of its surroundings; tests give their own. */
export interface Surroundings {
  readonly out: (text: string) => void;
  /** For progress and what went wrong. */
  readonly error: (text: string) => void;
  /** Width of the terminal behind `error`; none when it is no terminal. */
  readonly columns?: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
}

/** One command of `npx tessera`. */
export interface Command {
  /** As typed, e.g. `adapters import`. */
  readonly name: string;
  /** Arguments and options, e.g. `DIR [--base DIR]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Fewest and most positional arguments. */
  readonly positionals: readonly [number, number];
  /** @returns the exit code */
  run(args: Arguments, surroundings: Surroundings): Promise<number>;
}

export function optionText(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function requireOption(options: OptionValues, name: string): string {
  const value = optionText(options, name);
  if (value === undefined || value === '') throw new ValidationError(`--${name}: expected a value, got none`);
  return value;
}

/** @throws ValidationError  for a value that is none of them */
export function oneOf<T extends string>(name: string, known: readonly T[], options: OptionValues): T | undefined {
  const text = optionText(options, name);
  const found = known.find((value) => value === text);
  if (text === undefined || found !== undefined) return found;
  throw new ValidationError(`--${name}: expected one of ${known.join(', ')}, got ${text}`);
}

/** @throws ValidationError */
export function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ValidationError(`--${name}: expected a whole number, got ${text}`);
}

/** @throws ValidationError  for anything but a number above zero */
export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ValidationError(`--${name}: expected a number above 0, got ${text}`);
}

/** An object written as JSON. @throws ValidationError */
export function jsonObject(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new ValidationError(`--${name}: expected a JSON object, got ${text}`);
}
