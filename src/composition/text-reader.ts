import { shortened } from '../common/schema-issue.js';
import { MAX_DEPTH } from './bounds.js';
import { invalidComposition } from './invalid.js';
import { ROUTING_LAWS, type Composition, type Part, type Route, type RoutingLaw } from './value.js';

const NAME = /[A-Za-z0-9][A-Za-z0-9._@:/-]*/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const FACTOR = /([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*\*/y;
const OPERATOR = /\s+([+-])\s+/y;
const MINUS = /-\s+/y;
const RANGE = /\[\s*(\d*)\s*:\s*(\d*)\s*\]/y;
const OPTION = /(router|top_k|temperature|floor)\s*=\s*/y;
const AUTO = /auto(?![A-Za-z0-9._@:/-])/y;
/** Brackets in brackets that a text may have before its depth as a composition is known. */
const MAX_BRACKETS = 4 * MAX_DEPTH;

/** Reads one text of `parseText`'s grammar from left to right; `place` is the next character. */
export class TextReader {
  private place = 0;
  private brackets = 0;

  constructor(
    private readonly text: string,
    private readonly at: string,
  ) {}

  read(): Composition {
    const composition = this.sum();
    this.space();
    if (this.place < this.text.length) throw this.expected('the end of the text, or + or - with spaces around');
    return composition;
  }

  private sum(): Composition {
    this.space();
    const terms = [this.term(this.match(MINUS) ? -1 : 1)];
    for (let next = this.match(OPERATOR); next; next = this.match(OPERATOR))
      terms.push(this.term(next[1] === '-' ? -1 : 1));
    const [{ of, weight }] = terms as [(typeof terms)[0]];
    if (terms.length === 1 && weight === undefined) return of;
    return { sum: terms.map((term) => ({ of: term.of, weight: term.weight ?? 1 })) };
  }

  /** `weight` is absent where nothing is said. */
  private term(sign: 1 | -1): { of: Composition; weight?: number } {
    this.space();
    const factor = this.match(FACTOR);
    this.space();
    const of = this.item();
    if (!factor && sign === 1) return { of };
    const size = factor ? Number(factor[1]) : 1;
    return { of, weight: size === 0 ? 0 : sign * size };
  }

  private item(): Composition {
    this.space();
    if (this.isNext('(')) return this.inBrackets('(', () => this.sum(), ')');
    const name = this.match(NAME)?.[0];
    if (name === undefined) throw this.expected('a member, a number and *, or (');
    if (!this.isNext('(')) return name;
    return this.inBrackets('(', () => this.call(name), ')');
  }

  private call(name: string): Composition {
    if (name === 'stack') return { stack: this.list(() => this.sum()) };
    if (name === 'parallel') return { parallel: this.list(() => this.sum()) };
    if (name === 'split') return { split: this.list(() => this.part()) };
    const law = ROUTING_LAWS.find((one) => one === name);
    if (law) return this.route(law);
    throw this.expected(`stack, parallel, split, ${ROUTING_LAWS.join(', ')} before the bracket`);
  }

  private part(): Part {
    const of = this.item();
    this.space();
    const range = this.match(RANGE);
    if (!range) throw this.expected('a range such as [0:8] or [8:]');
    const [, from, to] = range;
    return { of, from: Number(from), ...(to !== '' && { to: Number(to) }) };
  }

  private route(by: RoutingLaw): Route {
    const route = this.list(() => this.name());
    this.space();
    return { route, by, ...(this.take(';') && this.options()) };
  }

  private options(): Partial<Omit<Route, 'route' | 'by'>> {
    const pairs = this.list((): [string, string | number] => {
      this.space();
      const name = this.match(OPTION)?.[1];
      if (name === undefined) throw this.expected('router, top_k, temperature or floor, and =');
      return [name, this.optionValue(name)];
    });
    const options = Object.fromEntries(pairs);
    if (Object.keys(options).length < pairs.length) throw this.expected('each option once before');
    return options;
  }

  private optionValue(option: string): string | number {
    if (option === 'router') return this.name();
    const auto = option === 'floor' && this.match(AUTO)?.[0];
    const value = auto || this.match(NUMBER)?.[0];
    if (value === undefined) throw this.expected(option === 'floor' ? 'a number or auto' : 'a number');
    return auto || Number(value);
  }

  private name(): string {
    this.space();
    const name = this.match(NAME)?.[0];
    if (name === undefined) throw this.expected('a member');
    return name;
  }

  private list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.takeAfterSpace(',')) items.push(item());
    return items;
  }

  private inBrackets<T>(open: string, inside: () => T, close: string): T {
    this.take(open);
    if (++this.brackets > MAX_BRACKETS) throw this.expected(`at most ${MAX_BRACKETS} brackets in each other`);
    const value = inside();
    this.space();
    if (!this.take(close)) throw this.expected(`, or ${close}`);
    this.brackets--;
    return value;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.place = pattern.lastIndex;
    return found;
  }

  private space(): void {
    while (this.text[this.place] === ' ') this.place++;
  }

  private isNext(character: string): boolean {
    return this.text[this.place] === character;
  }

  private takeAfterSpace(character: string): boolean {
    this.space();
    return this.take(character);
  }

  private take(character: string): boolean {
    if (!this.isNext(character)) return false;
    this.place++;
    return true;
  }

  private expected(what: string): ReturnType<typeof invalidComposition> {
    const rest = this.text.slice(this.place);
    const got = rest === '' ? 'the end' : JSON.stringify(shortened(rest));
    return invalidComposition(this.at, `expected ${what} at character ${this.place + 1}, got ${got}`);
  }
}
