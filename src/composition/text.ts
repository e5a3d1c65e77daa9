import { MAX_TEXT_CHARACTERS } from './bounds.js';
import { invalidComposition } from './invalid.js';
import { TextReader } from './text-reader.js';
import type { Composition, Part, Route, Sum } from './value.js';

/**
 * The composition of its one-line form:
 *
 *     sum    = ['-'] term { (' + ' | ' - ') term }        term = [number '*'] item
 *     item   = member | '(' sum ')' | stack(sum, …) | parallel(sum, …) | split(item[from:to], …) | law(member, …; option=…, …)
 *
 * `law` is a routing law; its options are top_k, temperature and floor with numbers, floor=auto, and router with a name. A name may hold `-`, so + and - between terms have
 * spaces around. `checkComposition` has the rules that are not of the grammar.
 *
 * @throws ValidationError  code `invalid_composition`: what was expected at which character
 */
export function parseText(text: string, at = 'composition'): Composition {
  if (text.length > MAX_TEXT_CHARACTERS)
    throw invalidComposition(at, `expected at most ${MAX_TEXT_CHARACTERS} characters, got ${text.length}`);
  return new TextReader(text, at).read();
}

/** The canonical text of a composition: `parseText(printText(c))` is `c`. */
export function printText(composition: Composition): string {
  if (typeof composition === 'string') return composition;
  if ('sum' in composition) return printSum(composition);
  if ('stack' in composition) return `stack(${composition.stack.map(printText).join(', ')})`;
  if ('parallel' in composition) return `parallel(${composition.parallel.map(printText).join(', ')})`;
  if ('split' in composition) return `split(${composition.split.map(printPart).join(', ')})`;
  return printRoute(composition);
}

/** A sum of one term says its weight even where it is 1: without it the text would be that of the term alone. */
function printSum({ sum }: Sum): string {
  return sum
    .map(({ of, weight }, i) => {
      const isLaterMinus = i > 0 && weight < 0;
      const size = isLaterMinus ? -weight : weight;
      const factor = size === 1 && sum.length > 1 ? '' : `${size}*`;
      return `${i === 0 ? '' : isLaterMinus ? ' - ' : ' + '}${factor}${printItem(of)}`;
    })
    .join('');
}

function printItem(of: Composition): string {
  return typeof of === 'object' && 'sum' in of ? `(${printSum(of)})` : printText(of);
}

function printPart({ of, from, to }: Part): string {
  return `${printItem(of)}[${from}:${to ?? ''}]`;
}

function printRoute({ route, by, router, top_k, temperature, floor }: Route): string {
  const options = Object.entries({ router, top_k, temperature, floor })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  return `${by}(${route.join(', ')}${options.length > 0 ? `; ${options.join(', ')}` : ''})`;
}
