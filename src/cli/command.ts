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
