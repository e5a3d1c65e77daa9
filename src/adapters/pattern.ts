import vm from 'node:vm';
import { IncompatibleAdapterError } from '../common/errors.js';

/** Patterns come from a tenant and may take exponential time, so they run where they can be stopped. */
const TIMEOUT_MS = 200;
const MAX_LENGTH = 2000;
const MAX_PATTERNS = 2000;
const realm = vm.createContext(Object.create(null) as object);

/**
 * Which texts each regular expression of a PEFT configuration matches from the first character to the last. Python's
 * syntax as far as JavaScript shares it; `(?P<name>` is read.
 *
 * @param key  the configuration key, for errors
 * @returns    one row for each pattern, one column for each text
 * @throws IncompatibleAdapterError  for a pattern that cannot be compiled or is too long, for too many of them, and when
 *                                   all together do not end in 200 ms
 */
export function matchTable(patterns: readonly string[], texts: readonly string[], key: string): boolean[][] {
  const fail = (rule: string, got: string | number, cause?: unknown): never => {
    throw new IncompatibleAdapterError(`${key}: ${rule}, got ${got}`, { param: key, cause });
  };
  if (patterns.length > MAX_PATTERNS) fail(`at most ${MAX_PATTERNS} patterns`, patterns.length);
  const long = patterns.find((pattern) => pattern.length > MAX_LENGTH);
  if (long !== undefined) fail(`a pattern must have at most ${MAX_LENGTH} characters`, long.length);
  const sources = patterns.map((pattern) => `^(?:${pattern.replaceAll('(?P<', '(?<')})$`);
  const shown = JSON.stringify(patterns.length === 1 ? patterns[0]!.slice(0, 120) : patterns.slice(0, 4));
  // Only text crosses the border of the realm, so nothing of ours can be reached from there.
  const script = `{
    const texts = ${JSON.stringify(texts)};
    ${JSON.stringify(sources)}.map((s) => { const r = new RegExp(s); return texts.map((t) => +r.test(t)).join(''); }).join()
  }`;
  try {
    const table = String(vm.runInContext(script, realm, { timeout: TIMEOUT_MS }));
    return patterns.length === 0 ? [] : table.split(',').map((row) => [...row].map((bit) => bit === '1'));
  } catch (cause) {
    const isSlow = (cause as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    return fail(
      isSlow ? `patterns must be decided in ${TIMEOUT_MS} ms` : 'a pattern must be one we can read',
      shown,
      cause,
    );
  }
}

/** `matchTable` for one pattern. */
export function matchAll(pattern: string, texts: readonly string[], key: string): boolean[] {
  return matchTable([pattern], texts, key)[0]!;
}
