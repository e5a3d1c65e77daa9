import { IncompatibleAdapterError } from '../common/errors.js';
import { compilePattern, type Step } from './pattern-program.js';

/**
 * Steps that the patterns of one key may take in all. Patterns come from a tenant: run by backtracking one of twenty
 * characters can take years, run side by side the work is pattern × text, and this bounds the sum.
 */
const MAX_WORK = 20_000_000;

/**
 * Which texts each regular expression of a PEFT configuration matches from the first character to the last.
 *
 * @param key  the configuration key, for errors
 * @returns    one row for each pattern, one column for each text
 * @throws IncompatibleAdapterError  for a pattern that is not read (lookaround, back references), and for too much work
 */
export function matchTable(patterns: readonly string[], texts: readonly string[], key: string): boolean[][] {
  const budget = { left: MAX_WORK };
  return patterns.map((pattern) => {
    const steps = compile(pattern, key);
    return texts.map((text) => {
      const isMatch = matches(steps, text, budget);
      if (budget.left >= 0) return isMatch;
      const got = `${patterns.length} for ${texts.length} modules`;
      throw new IncompatibleAdapterError(`${key}: patterns must take less work, got ${got}`, { param: key });
    });
  });
}

/** `matchTable` for one pattern. */
export function matchAll(pattern: string, texts: readonly string[], key: string): boolean[] {
  return matchTable([pattern], texts, key)[0]!;
}

function compile(pattern: string, key: string): readonly Step[] {
  try {
    return compilePattern(pattern);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const shown = JSON.stringify(pattern.slice(0, 120));
    throw new IncompatibleAdapterError(`${key}: must be a pattern that we can read, got ${cause.message} in ${shown}`, {
      param: key,
      cause,
    });
  }
}

/** Runs all ways through the steps side by side, one character after the other. */
function matches(steps: readonly Step[], text: string, budget: { left: number }): boolean {
  const seen = new Int32Array(steps.length).fill(-1);
  let current: number[] = [0];
  for (let position = 0; position <= text.length && budget.left >= 0; position++) {
    const next: number[] = [];
    const pending = current;
    while (pending.length > 0) {
      const at = pending.pop()!;
      if (seen[at] === position) continue;
      seen[at] = position;
      budget.left--;
      const step = steps[at]!;
      if (step.kind === 'match') {
        if (position === text.length) return true;
      } else if (step.kind === 'jump') pending.push(step.to);
      else if (step.kind === 'split') pending.push(...step.to);
      else if (step.kind === 'start' || step.kind === 'end') {
        if (position === (step.kind === 'start' ? 0 : text.length)) pending.push(at + 1);
      } else if (position < text.length && step.accepts(text[position]!)) next.push(at + 1);
    }
    current = next;
  }
  return false;
}
