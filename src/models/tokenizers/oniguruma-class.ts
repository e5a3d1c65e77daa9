import { caseVariants, classEscape, escapedPoint, type Flags, literal, POSIX, property, type Reader } from './oniguruma-escape.js';

/** Ranges longer than this keep their case when case is ignored: they name blocks, not letters. */
const MAX_VARIED_RANGE = 1024;

/** Reads a character class up to its `]`, the opening `[` already read, and writes it in `v` syntax. */
export function readClass(reader: Reader, flags: Flags): string {
  const isNegated = reader.accept('^');
  const operands: string[] = [];
  let members = '';
  // A closing bracket in first place is a member.
  let isFirst = true;
  for (;;) {
    if (!isFirst && reader.accept(']')) break;
    if (reader.accept('&&')) {
      operands.push(members);
      members = '';
    } else members += readMember(reader, flags);
    isFirst = false;
  }
  operands.push(members);
  const body = operands.length === 1 ? members : operands.map((operand) => `[${operand}]`).join('&&');
  return `[${isNegated ? '^' : ''}${body}]`;
}

function readMember(reader: Reader, flags: Flags): string {
  const posix = reader.match(/^\[:(\^?)([a-z]+):\]/);
  if (posix !== undefined) {
    const set = POSIX[posix[2] ?? ''];
    if (set === undefined) return reader.fail('a known POSIX bracket');
    return posix[1] === '^' ? `[^${set}]` : `[${set}]`;
  }
  if (reader.accept('[')) return readClass(reader, flags);
  const from = readPoint(reader);
  if (typeof from === 'string') return from;
  // `a-]` and `a-[` are the characters a and -.
  if (reader.match(/^-(?=[^\][])/) === undefined) return range(from, from, flags);
  const to = readPoint(reader);
  if (typeof to === 'string') return `${range(from, from, flags)}\\-${to}`;
  return range(from, to, flags);
}

/** One code point, or a set that stands for several. */
function readPoint(reader: Reader): number | string {
  const char = reader.take();
  if (char !== '\\') return char.codePointAt(0)!;
  if (reader.accept('b')) return 8;
  return classEscape(reader) ?? property(reader) ?? escapedPoint(reader);
}

function range(from: number, to: number, flags: Flags): string {
  if (to < from) return `${literal(from)}-${literal(to)}`;
  const plain = from === to ? literal(from) : `${literal(from)}-${literal(to)}`;
  if (!flags.ignoreCase || to - from > MAX_VARIED_RANGE) return plain;
  const others = new Set<number>();
  for (let point = from; point <= to; point++) {
    for (const variant of caseVariants(point)) if (variant < from || variant > to) others.add(variant);
  }
  return plain + [...others].map(literal).join('');
}
