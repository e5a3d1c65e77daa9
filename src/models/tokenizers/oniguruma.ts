import { ModelError } from '../../common/errors.js';
import { readClass } from './oniguruma-class.js';
import { caseVariants, classEscape, escapedPoint, type Flags, literal, ONIGURUMA_WORD, property, Reader } from './oniguruma-escape.js';

const ANY = '[\\s\\S]';
const ANCHORS: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  z: '(?![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
  b: `(?:(?<=[${ONIGURUMA_WORD}])(?![${ONIGURUMA_WORD}])|(?<![${ONIGURUMA_WORD}])(?=[${ONIGURUMA_WORD}]))`,
  B: `(?:(?<=[${ONIGURUMA_WORD}])(?=[${ONIGURUMA_WORD}])|(?<![${ONIGURUMA_WORD}])(?![${ONIGURUMA_WORD}]))`,
  R: '(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])',
};

/**
 * Translates a regular expression from Oniguruma's Ruby syntax, in which tokenizer.json files write theirs, to
 * JavaScript's with flags `g` and `v`.
 *
 * What differs: `\s \d \w \b` are Unicode's; `^ $` match at lines; `\h` is a hexadecimal digit; `(?i:…)`, `(?m)` and
 * `(?x)` switch parts (case variants are written out); `(?>…)` and `*+ ++ ?+` never give back (written as a lookahead
 * with a back reference); `[…&&…]`, `[[:alpha:]]` and `\p{^…}` in classes. What cannot be said in JavaScript (`\G`,
 * `\K`, `\X`, recursion, conditions) is refused.
 *
 * @throws ModelError  names the pattern's place and the part at fault
 */
export function compileOniguruma(pattern: string, where: string): RegExp {
  const source = new Translator(pattern, where).translate();
  try {
    return new RegExp(source, 'gv');
  } catch (cause) {
    throw new ModelError(`tokenizer.json: ${where}: expected a valid regular expression, got ${pattern}`, { cause });
  }
}

class Translator {
  private readonly reader: Reader;
  /** Names of the pattern's own groups, in order; '' for those without one. */
  private readonly groups: string[] = [];
  private atomicCount = 0;

  constructor(pattern: string, where: string) {
    this.reader = new Reader(pattern, where);
  }

  translate(): string {
    const source = this.alternatives({ ignoreCase: false, dotAll: false, extended: false });
    if (!this.reader.atEnd) this.reader.fail('balanced parentheses');
    return source;
  }

  /** Up to the closing parenthesis or the end. A bare `(?i)` holds for the rest of its group. */
  private alternatives(outer: Flags): string {
    let flags = outer;
    let source = '';
    for (;;) {
      const next = this.reader.peek();
      if (next === undefined || next === ')') return source;
      if (next === '|') source += this.reader.take();
      else if (flags.extended && /\s/.test(next)) this.reader.take();
      else if (flags.extended && next === '#') this.reader.skipLine();
      else if (this.reader.accept('(?#')) this.reader.skipPast(')');
      else {
        const bare = this.reader.match(/^\(\?([imx]*)(?:-([imx]*))?\)/);
        if (bare === undefined) source += this.quantified(flags);
        else {
          flags = switched(flags, bare);
          // As in Oniguruma, `a(?i)b|c` is `a(?i:b|c)`.
          return `${source}(?:${this.alternatives(flags)})`;
        }
      }
    }
  }

  private quantified(flags: Flags): string {
    let atom = this.atom(flags);
    for (;;) {
      const quantifier = this.reader.match(/^(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})/)?.[0];
      if (quantifier === undefined) return atom;
      const times = quantifier.replace('{,', '{0,');
      const isPossessive = !quantifier.startsWith('{') && this.reader.accept('+');
      atom = `(?:${atom})${times}${!isPossessive && this.reader.accept('?') ? '?' : ''}`;
      if (isPossessive) atom = this.atomic(atom);
    }
  }

  private atomic(body: string): string {
    const name = `a${++this.atomicCount}`;
    return `(?:(?=(?<${name}>${body}))\\k<${name}>)`;
  }

  private atom(flags: Flags): string {
    const char = this.reader.take();
    switch (char) {
      case '(':
        return this.group(flags);
      case '[':
        return readClass(this.reader, flags);
      case '.':
        return flags.dotAll ? ANY : '[^\\n]';
      case '^':
        return '(?:(?<![\\s\\S])|(?<=\\n)(?=[\\s\\S]))';
      case '$':
        return '(?=\\n|(?![\\s\\S]))';
      case '\\':
        return this.escape(flags);
      default:
        return variants(char.codePointAt(0)!, flags);
    }
  }

  private escape(flags: Flags): string {
    const { reader } = this;
    const anchor = ANCHORS[reader.peek() ?? ''];
    if (anchor !== undefined) {
      reader.take();
      return anchor;
    }
    const reference = reader.match(/^(?:([1-9]\d?)|k<(\w+)>)/);
    if (reference !== undefined) return this.backReference(reference);
    const set = classEscape(reader) ?? property(reader);
    if (set !== undefined) return set;
    return variants(escapedPoint(reader), flags);
  }

  private group(flags: Flags): string {
    const { reader } = this;
    const close = (source: string): string => (reader.accept(')') ? source : reader.fail('balanced parentheses'));
    for (const open of ['?:', '?=', '?!', '?<=', '?<!']) {
      if (reader.accept(open)) return close(`(${open}${this.alternatives(flags)}`) + ')';
    }
    if (reader.accept('?>')) return this.atomic(close(this.alternatives(flags)));
    const scoped = reader.match(/^\?([imx]*)(?:-([imx]*))?:/);
    if (scoped !== undefined) return `(?:${close(this.alternatives(switched(flags, scoped)))})`;
    const name = reader.match(/^\?<(\w+)>/)?.[1] ?? '';
    if (name === '' && reader.peek() === '?') return reader.fail('a known kind of group');
    const number = this.groups.push(name);
    return `(?<g${number}>${close(this.alternatives(flags))})`;
  }

  private backReference([text, digits, name]: readonly (string | undefined)[]): string {
    const number = digits === undefined ? this.groups.lastIndexOf(name ?? '') + 1 : Number(digits);
    const isKnown = number > 0 && number <= this.groups.length;
    return isKnown ? `\\k<g${number}>` : this.reader.fail(`a group before the reference ${text ?? ''}`);
  }
}

function switched(flags: Flags, [, on = '', off = '']: readonly string[]): Flags {
  const value = (flag: string, now: boolean): boolean => (now || on.includes(flag)) && !off.includes(flag);
  return {
    ignoreCase: value('i', flags.ignoreCase),
    dotAll: value('m', flags.dotAll),
    extended: value('x', flags.extended),
  };
}

function variants(point: number, flags: Flags): string {
  const all = flags.ignoreCase ? caseVariants(point) : [point];
  return all.length === 1 ? literal(point) : `[${all.map(literal).join('')}]`;
}
