import { ShapeError } from '../../common/errors.js';
import { addDims, type Dim, dim, dimToString, evaluateDim, mulDims, SymbolicDim, type Term } from '../dim.js';
import type { Value } from '../op.js';

/** How one name follows from the size of one axis of one input: name = (size − rest) ÷ factor. */
export interface DimSource {
  readonly name: string;
  readonly input: string;
  readonly axis: number;
  readonly rest: Dim;
  readonly factor: Dim;
}

/**
 * Finds for every name in the inputs' shapes an axis that determines it, in an order in which `rest` and `factor` use
 * only names found before. An axis determines a name when it is linear in it and all its other names are known:
 * `seq`, `2*seq`, `past + seq` after `past`.
 *
 * @throws ShapeError  when a name cannot be found so, e.g. `batch*seq` alone
 */
export function findDimSources(inputs: ReadonlyMap<string, Value>): DimSource[] {
  const axes = [...inputs].flatMap(([input, { shape }]) => shape.map((size, axis) => ({ input, axis, size })));
  const wanted = new Set(axes.flatMap(({ size }) => namesOf(size)));
  const sources: DimSource[] = [];
  const known = new Set<string>();
  while (known.size < wanted.size) {
    const next = axes.flatMap(({ input, axis, size }) => solve(size, known).map((part) => ({ input, axis, ...part })));
    const best = next.find(({ rest, factor }) => rest === 0 && factor === 1) ?? next[0];
    if (!best) {
      const missing = [...wanted].filter((name) => !known.has(name)).join(', ');
      throw new ShapeError(`compile: expected an input whose shape determines each dimension, got none for ${missing}`);
    }
    sources.push(best);
    known.add(best.name);
  }
  return sources;
}

/**
 * The value of each name in a run.
 *
 * @param shapeOf  the fed shape of an input
 * @throws ShapeError  when a size does not fit, e.g. 7 for `2*seq`
 */
export function bindDims(
  sources: readonly DimSource[],
  shapeOf: (input: string) => readonly number[],
): Record<string, number> {
  const values: Record<string, number> = {};
  for (const { name, input, axis, rest, factor } of sources) {
    const size = shapeOf(input)[axis] ?? 0;
    const value = (size - evaluateDim(rest, values)) / evaluateDim(factor, values);
    if (!Number.isInteger(value) || value < 0) {
      throw new ShapeError(`run: ${input}: axis ${axis}: expected a size that gives a whole ${name} ≥ 0, got ${size}`);
    }
    values[name] = value;
  }
  return values;
}

/** The names of which `size` is a linear function when `known` are constants, and that function. */
function solve(size: Dim, known: ReadonlySet<string>): { name: string; rest: Dim; factor: Dim }[] {
  const unknown = namesOf(size).filter((name) => !known.has(name));
  const [name] = unknown;
  if (name === undefined || unknown.length > 1 || !(size instanceof SymbolicDim)) return [];
  const linear = size.terms.filter((term) => term.names.includes(name));
  if (linear.some((term) => term.names.filter((other) => other === name).length > 1)) return [];
  const dimOf = (terms: readonly Term[]): Dim =>
    terms.map(({ coefficient, names }) => names.map(dim).reduce<Dim>(mulDims, coefficient)).reduce<Dim>(addDims, 0);
  const factor = dimOf(linear.map((term) => ({ ...term, names: term.names.filter((other) => other !== name) })));
  return [{ name, factor, rest: dimOf(size.terms.filter((term) => !linear.includes(term))) }];
}

function namesOf(size: Dim): string[] {
  return typeof size === 'number' ? [] : [...new Set(size.terms.flatMap((term) => term.names))];
}

/** Names of dimensions that outputs use must come from an input. */
export function expectNamesBound(sources: readonly DimSource[], size: Dim): void {
  const missing = namesOf(size).find((name) => !sources.some((source) => source.name === name));
  if (missing === undefined) return;
  throw new ShapeError(`compile: ${dimToString(size)}: expected an input whose shape determines ${missing}, got none`);
}
