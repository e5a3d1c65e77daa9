/** One step of a compiled pattern; targets are indices of steps. */
export type Step =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'match' }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'split'; readonly to: readonly [number, number] };

/** Repeats are written out, so this bounds them too. */
const MAX_STEPS = 20_000;

type Node =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

const CLASSES: Readonly<Record<string, RegExp>> = { d: /\d/, D: /\D/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ };

/**
 * Compiles the regular part of Python's expressions: literals, `.`, classes, groups, `|`, `* + ? {m,n}` (also lazy), `^`
 * and `$`. What needs backtracking (lookaround, back references) or changes the rules (flags) is not part of it.
 *
 * Thompson 1968, "Regular Expression Search Algorithm", CACM 11(6).
 *
 * @throws SyntaxError  naming the construct that is not read
 */
export function compilePattern(pattern: string): readonly Step[] {
  const steps: Step[] = [];
  emit(new Parser(pattern).parse(), steps);
  steps.push({ kind: 'match' });
  return steps;
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): Node {
    const node = this.choice();
    if (this.at < this.text.length) throw new SyntaxError('an unmatched )');
    return node;
  }

  private choice(): Node {
    const parts = [this.sequence()];
    while (this.accept('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.text.length && !'|)'.includes(this.text[this.at]!)) parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): Node {
    const part = this.atom();
    const [least, most] = this.quantifier() ?? [1, 1];
    if (least === 1 && most === 1) return part;
    this.accept('?'); // lazy or not is the same when only whole texts match
    if (this.text[this.at] === '+' || this.text[this.at] === '*') throw new SyntaxError('a quantifier of a quantifier');
    return { kind: 'repeat', part, least, most };
  }

  private quantifier(): readonly [number, number] | undefined {
    if (this.accept('*')) return [0, Infinity];
    if (this.accept('+')) return [1, Infinity];
    if (this.accept('?')) return [0, 1];
    const braces = /^\{(\d*)(,?)(\d*)\}/.exec(this.text.slice(this.at, this.at + 16));
    if (!braces || (braces[1] === '' && braces[3] === '')) return undefined;
    this.at += braces[0].length;
    const least = Number(braces[1]);
    return [least, braces[2] === '' ? least : braces[3] === '' ? Infinity : Number(braces[3])];
  }

  private atom(): Node {
    const character = this.next();
    if (character === '(') return this.group();
    if (character === '[') return { kind: 'character', accepts: this.charClass() };
    if (character === '\\') return this.escaped();
    if (character === '^') return { kind: 'start' };
    if (character === '$') return { kind: 'end' };
    if (character === '.') return { kind: 'character', accepts: (got) => got !== '\n' };
    if ('*+?'.includes(character)) throw new SyntaxError('a quantifier of nothing');
    return literal(character);
  }

  private group(): Node {
    const opening = /^\?(?::|P<\w+>)/.exec(this.text.slice(this.at));
    if (opening) this.at += opening[0].length;
    else if (this.text[this.at] === '?') throw new SyntaxError(`a group (${this.text.slice(this.at, this.at + 2)}`);
    const node = this.choice();
    if (!this.accept(')')) throw new SyntaxError('an unmatched (');
    return node;
  }

  private escaped(): Node {
    const character = this.next();
    if (character === 'A') return { kind: 'start' };
    if (character === 'Z') return { kind: 'end' };
    return { kind: 'character', accepts: this.escape(character) };
  }

  private escape(character: string): (got: string) => boolean {
    const known = Object.hasOwn(CLASSES, character) ? CLASSES[character] : undefined;
    if (known) return (got) => known.test(got);
    if (/[A-Za-z0-9]/.test(character)) throw new SyntaxError(`an escape \\${character}`);
    return (got) => got === character;
  }

  private charClass(): (got: string) => boolean {
    const negated = this.accept('^');
    const parts: ((got: string) => boolean)[] = [];
    do {
      const from = this.next();
      if (from === '\\') parts.push(this.escape(this.next()));
      else if (this.text[this.at] === '-' && this.text[this.at + 1] !== ']') {
        this.at++;
        const to = this.next();
        parts.push((got) => got >= from && got <= to);
      } else parts.push((got) => got === from);
    } while (this.text[this.at] !== ']');
    this.at++;
    return (got) => parts.some((accepts) => accepts(got)) !== negated;
  }

  private accept(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private next(): string {
    const character = this.text[this.at++];
    if (character === undefined) throw new SyntaxError('an end too soon');
    return character;
  }
}

function literal(character: string): Node {
  return { kind: 'character', accepts: (got) => got === character };
}

function emit(node: Node, steps: Step[]): void {
  if (steps.length > MAX_STEPS) throw new SyntaxError(`more than ${MAX_STEPS} steps`);
  if (node.kind === 'sequence') for (const part of node.parts) emit(part, steps);
  else if (node.kind === 'choice') emitChoice(node.parts, steps);
  else if (node.kind === 'repeat') emitRepeat(node.part, node.least, node.most, steps);
  else steps.push(node);
}

function emitChoice([first, ...rest]: readonly Node[], steps: Step[]): void {
  if (rest.length === 0) {
    emit(first!, steps);
    return;
  }
  const split = hold(steps);
  emit(first!, steps);
  const jump = hold(steps);
  steps[split] = { kind: 'split', to: [split + 1, steps.length] };
  emitChoice(rest, steps);
  steps[jump] = { kind: 'jump', to: steps.length };
}

function emitRepeat(part: Node, least: number, most: number, steps: Step[]): void {
  for (let count = 0; count < least; count++) emit(part, steps);
  if (most === Infinity) {
    const split = hold(steps);
    emit(part, steps);
    steps.push({ kind: 'jump', to: split });
    steps[split] = { kind: 'split', to: [split + 1, steps.length] };
    return;
  }
  for (let count = least; count < most; count++) {
    const split = hold(steps);
    emit(part, steps);
    steps[split] = { kind: 'split', to: [split + 1, steps.length] };
  }
}

/** A place for a step that is known later. */
function hold(steps: Step[]): number {
  return steps.push({ kind: 'match' }) - 1;
}
