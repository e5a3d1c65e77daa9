import vm from 'node:vm';
import { IncompatibleAdapterError } from '../common/errors.js';

/** A pattern comes from a tenant and may take exponential time, so it runs where it can be stopped. */
const TIMEOUT_MS = 100;
const MAX_LENGTH = 2000;
const realm = vm.createContext(Object.create(null) as object);

/**
 * Which texts a regular expression of a PEFT configuration matches from their first character to their last.
 *
 * Python's syntax as far as JavaScript shares it; `(?P<name>` is read.
 *
 * @param key  the configuration key, for errors
 * @throws IncompatibleAdapterError  for a pattern that cannot be compiled, is too long or does not end in time
 */
export function matchAll(pattern: string, texts: readonly string[], key: string): boolean[] {
  const fail = (rule: string, cause?: unknown): never => {
    const shown = JSON.stringify(pattern.slice(0, 120));
    throw new IncompatibleAdapterError(`${key}: expected a pattern ${rule}, got ${shown}`, { param: key, cause });
  };
  if (pattern.length > MAX_LENGTH) fail(`of at most ${MAX_LENGTH} characters`);
  const source = `^(?:${pattern.replaceAll('(?P<', '(?<')})$`;
  const script = `const r = new RegExp(${JSON.stringify(source)}); ${JSON.stringify(texts)}.map((t) => r.test(t)).join()`;
  try {
    const answer: unknown = vm.runInContext(`{${script}}`, realm, { timeout: TIMEOUT_MS });
    return texts.length === 0
      ? []
      : String(answer)
          .split(',')
          .map((word) => word === 'true');
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return fail(`that is decided in ${TIMEOUT_MS} ms`, cause);
    return fail('that can be read', cause);
  }
}
