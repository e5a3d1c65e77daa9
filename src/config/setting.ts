/** One environment variable: its rule, how its text becomes a value, and what the documents say of it. */
export interface Setting<T> {
  readonly description: string;
  /** As written in the environment; absent: unset by default. */
  readonly defaultText?: string;
  /** What a value must be, for the fault report. */
  readonly rule: string;
  /** Its value is never printed. */
  readonly isSecret?: boolean;
  /** The value, or `undefined` when the text breaks the rule. */
  parse(text: string): T | undefined;
}

interface Described {
  readonly description: string;
  readonly defaultText?: string;
  readonly isSecret?: boolean;
}

export function text(described: Described): Setting<string> {
  return { ...described, rule: 'any text', parse: (value) => value };
}

export function choice<const T extends string>(values: readonly T[], described: Described): Setting<T> {
  return { ...described, rule: `one of ${values.join(', ')}`, parse: (value) => values.find((v) => v === value) };
}

export function integer(described: Described, min: number, max = Number.MAX_SAFE_INTEGER): Setting<number> {
  return {
    ...described,
    rule: `an integer from ${min} to ${max}`,
    parse: (value) => (/^\d{1,16}$/.test(value) && inRange(Number(value), min, max) ? Number(value) : undefined),
  };
}

export function flag(described: Described): Setting<boolean> {
  const values: Record<string, boolean> = { true: true, false: false };
  return { ...described, rule: 'true or false', parse: (value) => values[value] };
}

const UNITS: Record<string, number> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Bytes: a number, or one with KiB, MiB or GiB. */
export function bytes(described: Described, min = 1): Setting<number> {
  return {
    ...described,
    rule: `bytes, at least ${min}: a number, or one with KiB, MiB or GiB`,
    parse: (value) => {
      const [, digits, unit] = /^(\d{1,15})(|KiB|MiB|GiB)$/.exec(value) ?? [];
      const size = Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN);
      return inRange(size, min, Number.MAX_SAFE_INTEGER) ? size : undefined;
    },
  };
}

/** A URL of one of the given schemes. */
export function url(schemes: readonly string[], described: Described): Setting<string> {
  const parse = (value: string) => {
    if (!URL.canParse(value)) return undefined;
    const parsed = new URL(value);
    return schemes.includes(parsed.protocol.slice(0, -1)) && parsed.hostname !== '' ? value : undefined;
  };
  return { ...described, rule: `a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`, parse };
}

function inRange(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}
