import { ShapeError } from '../common/errors.js';

/** One addend of a polynomial: `coefficient · names[0] · names[1] · …`, the names sorted, a power being a repeated name. */
export interface Term {
  readonly coefficient: number;
  readonly names: readonly string[];
}

/**
 * A dimension that is known only at run time: an integer polynomial over names such as `batch` and `seq`, never constant.
 * Immutable; two polynomials are equal exactly when their `key` is.
 */
export class SymbolicDim {
  /** Canonical text, e.g. `2*batch*seq + seq + 3`. */
  readonly key: string;

  /** @param terms like terms collected, no zero coefficient, sorted by `compareTerms`; use `dim`, `addDims`, `mulDims`. */
  constructor(readonly terms: readonly Term[]) {
    this.key = terms.map(termToString).join(' + ').replaceAll('+ -', '- ');
  }

  toString(): string {
    return this.key;
  }
}

/** The size of one axis. Polynomials that turn out constant are always plain numbers. */
export type Dim = number | SymbolicDim;

/** The dimension called `name`, fed by the shapes of a graph's inputs. */
export function dim(name: string): Dim {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new ShapeError(`dim: name: expected an identifier, got ${name}`);
  return new SymbolicDim([{ coefficient: 1, names: [name] }]);
}

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  return collect([...termsOf(a), ...termsOf(b)]);
}

export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(b, -1));
}

export function mulDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  return collect(termsOf(a).flatMap((s) => termsOf(b).map((t) => mulTerms(s, t))));
}

/**
 * The exact quotient a ÷ b, by long division of polynomials in lexicographic order.
 * @throws ShapeError when b does not divide a for every value of the names, e.g. seq ÷ 2
 */
export function divDims(a: Dim, b: Dim): Dim {
  if (b === 0) throw new ShapeError(`divDims: expected a divisor other than 0, got ${dimToString(a)} / 0`);
  const lead = termsOf(b)[0];
  const quotient: Term[] = [];
  for (let rest = a; rest !== 0;) {
    const term = lead && divTerms(termsOf(rest)[0], lead);
    if (!term) {
      throw new ShapeError(`divDims: expected a multiple of ${dimToString(b)}, got ${dimToString(a)}`);
    }
    quotient.push(term);
    rest = subDims(rest, mulDims(collect([term]), b));
  }
  return collect(quotient);
}

/** True when both are equal for every value of the names. */
export function sameDim(a: Dim, b: Dim): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.key === b.key;
}

/** @throws ShapeError when a name has no value */
export function evaluateDim(d: Dim, values: Readonly<Record<string, number>>): number {
  if (typeof d === 'number') return d;
  let sum = 0;
  for (const { coefficient, names } of d.terms) {
    let product = coefficient;
    for (const name of names) {
      const value = values[name];
      if (value === undefined) throw new ShapeError(`evaluateDim: ${d.key}: expected a value for ${name}, got none`);
      product *= value;
    }
    sum += product;
  }
  return sum;
}

export function dimToString(d: Dim): string {
  return String(d);
}

/** The polynomial's addends; those of 0 are none. */
export function termsOf(d: Dim): readonly Term[] {
  if (typeof d !== 'number') return d.terms;
  return d === 0 ? [] : [{ coefficient: d, names: [] }];
}

function termToString({ coefficient, names }: Term): string {
  if (names.length === 0) return String(coefficient);
  const product = names.join('*');
  if (coefficient === 1) return product;
  return coefficient === -1 ? `-${product}` : `${coefficient}*${product}`;
}

function mulTerms(a: Term, b: Term): Term {
  return { coefficient: a.coefficient * b.coefficient, names: [...a.names, ...b.names].sort() };
}

/** a ÷ b when that is a whole term, else undefined. */
function divTerms(a: Term | undefined, b: Term): Term | undefined {
  if (!a || a.coefficient % b.coefficient !== 0) return undefined;
  const names = [...a.names];
  for (const name of b.names) {
    const at = names.indexOf(name);
    if (at < 0) return undefined;
    names.splice(at, 1);
  }
  return { coefficient: a.coefficient / b.coefficient, names };
}

function collect(terms: readonly Term[]): Dim {
  const byNames = new Map<string, Term>();
  for (const term of terms) {
    const key = term.names.join('*');
    const coefficient = (byNames.get(key)?.coefficient ?? 0) + term.coefficient;
    byNames.set(key, { coefficient, names: term.names });
  }
  const kept = [...byNames.values()].filter((term) => term.coefficient !== 0).sort(compareTerms);
  const [first] = kept;
  if (!first) return 0;
  return kept.length === 1 && first.names.length === 0 ? first.coefficient : new SymbolicDim(kept);
}

/**
 * Lexicographic monomial order: the term with the higher power of the alphabetically first differing name comes first.
 * A product keeps its factors' order, which is what long division needs.
 */
function compareTerms(a: Term, b: Term): number {
  const length = Math.max(a.names.length, b.names.length);
  for (let i = 0; i < length; i++) {
    const [s, t] = [a.names[i], b.names[i]];
    if (s === t) continue;
    if (s === undefined) return 1;
    if (t === undefined) return -1;
    return s < t ? -1 : 1;
  }
  return 0;
}
