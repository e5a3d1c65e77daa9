import { ModelError } from '../../common/errors.js';
import { WHITE_SPACE } from './characters.js';

export interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

/** Reads a pattern from left to right. */
export class Reader {
  position = 0;

  constructor(
    private readonly text: string,
    private readonly where: string,
  ) {}

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  peek(): string | undefined {
    const point = this.text.codePointAt(this.position);
    return point === undefined ? undefined : String.fromCodePoint(point);
  }

  take(): string {
    const char = this.peek() ?? this.fail('more');
    this.position += char.length;
    return char;
  }

  accept(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  /** Consumes what an expression anchored with `^` matches here. */
  match(anchored: RegExp): RegExpExecArray | undefined {
    const found = anchored.exec(this.text.slice(this.position));
    if (found === null) return undefined;
    this.position += found[0].length;
    return found;
  }

  skipPast(text: string): void {
    const at = this.text.indexOf(text, this.position);
    this.position = at < 0 ? this.text.length : at + text.length;
  }

  skipLine(): void {
    this.skipPast('\n');
  }

  fail(expected: string): never {
    const got = this.text.slice(this.position - 1, this.position + 8);
    throw new ModelError(
      `tokenizer.json: ${this.where}: expected ${expected} at ${this.position}, got ${JSON.stringify(got)}`,
    );
  }
}

/** A code point as itself, in and outside of classes. */
export function literal(point: number): string {
  return /^[a-zA-Z0-9]$/.test(String.fromCodePoint(point))
    ? String.fromCodePoint(point)
    : `\\u{${point.toString(16)}}`;
}

/** Oniguruma's `\w`; below U+0100 it also has the digits and fractions that are no decimal digits (² ½). */
export const ONIGURUMA_WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xb2\\xb3\\xb9\\xbc-\\xbe';

const SETS: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  w: ONIGURUMA_WORD,
  s: WHITE_SPACE,
  h: '0-9a-fA-F',
};

/** `\d \w \s \h` and their complements, as a class. */
export function classEscape(reader: Reader): string | undefined {
  const name = reader.match(/^[dwshDWSH]/)?.[0];
  if (name === undefined) return undefined;
  const set = SETS[name.toLowerCase()]!;
  return name === name.toLowerCase() ? `[${set}]` : `[^${set}]`;
}

/** POSIX brackets and Oniguruma's names for them. */
export const POSIX: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  ascii: '\\0-\\x7f',
  blank: '\\p{Zs}\\t',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: `[^${WHITE_SPACE}\\p{Cc}\\p{Cn}\\p{Cs}]`,
  lower: '\\p{Lowercase}',
  print: '[^\\p{Cc}\\p{Cn}\\p{Cs}\\p{Zl}\\p{Zp}]',
  punct: '\\p{P}\\p{S}',
  space: WHITE_SPACE,
  upper: '\\p{Uppercase}',
  word: ONIGURUMA_WORD,
  xdigit: '0-9a-fA-F',
};

/** `\p{…}`, `\p{^…}` and `\P{…}`: general categories, scripts, binary properties and POSIX names. */
export function property(reader: Reader): string | undefined {
  const found = reader.match(/^([pP])\{(\^?)([^}]*)\}/);
  if (found === undefined) return undefined;
  const [, letter, caret, name = ''] = found;
  const isNegated = (letter === 'P') !== (caret === '^');
  const members = posix(name) ?? [name, `Script=${name}`].map((key) => `\\p{${key}}`).find(isValid);
  if (members === undefined) return reader.fail(`a known property, not ${name},`);
  return isNegated ? `[^${members}]` : `[${members}]`;
}

function posix(name: string): string | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(POSIX, key) ? POSIX[key] : undefined;
}

function isValid(members: string): boolean {
  try {
    new RegExp(members, 'v');
    return true;
  } catch {
    return false;
  }
}

const CONTROL: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, e: 27 };

/** The code point of an escaped character, its backslash already read. */
export function escapedPoint(reader: Reader): number {
  const hex = reader.match(/^(?:x\{([0-9a-fA-F]{1,8})\}|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4}))/);
  if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16);
  const octal = reader.match(/^0[0-7]{0,2}/)?.[0];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const char = reader.take();
  const control = CONTROL[char];
  if (control !== undefined) return control;
  return /^[a-zA-Z]$/.test(char) ? reader.fail(`a known escape, not \\${char},`) : char.codePointAt(0)!;
}

/** Characters that are the same when case is ignored, itself first; ſ goes with s, the Kelvin sign with k. */
export function caseVariants(point: number): number[] {
  const char = String.fromCodePoint(point);
  const same = new RegExp(`^${literal(point)}$`, 'iv');
  const candidates = [char.toLowerCase(), char.toUpperCase(), 'ſ', '\u212a', '\u212b', 'ς', 'ẞ', 'µ', 'ß'];
  const found = new Set([point]);
  for (const candidate of candidates) {
    for (const other of [candidate, candidate.toLowerCase(), candidate.toUpperCase()]) {
      if (same.test(other)) found.add(other.codePointAt(0)!);
    }
  }
  return [...found];
}
