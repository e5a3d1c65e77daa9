import { IncompatibleAdapterError } from '../common/errors.js';
import { sameJson, show, type Config, type JsonValue } from './config.js';

/** What becomes of one key of a configuration; a key without a rule is refused. */
export type KeyRule =
  | { readonly kind: 'honoured' }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'only'; readonly reason: string; readonly accepts: (value: JsonValue) => boolean };
export type KeyRules = Readonly<Record<string, KeyRule>>;

/** What became of one key. */
export interface KeyVerdict {
  readonly key: string;
  readonly verdict: 'honoured' | 'ignored' | 'refused';
  /** Why it is ignored or refused. */
  readonly reason?: string;
}

/** The key changes the numbers, and we follow it. */
export const honoured: KeyRule = { kind: 'honoured' };

/** The key cannot change what the adapter answers. */
export function ignored(reason: string): KeyRule {
  return { kind: 'ignored', reason };
}

/** Served while the key has one of `values`; `reason` says what another value would ask for. */
export function only(reason: string, ...values: readonly JsonValue[]): KeyRule {
  return { kind: 'only', reason, accepts: (value) => values.some((known) => sameJson(known, value)) };
}

/** Served while the key is null, absent, false or empty. */
export function off(reason: string): KeyRule {
  return only(reason, null, false, [], new Map());
}

/** One verdict for each key, in the order of the file. */
export function judgeKeys(config: Config, rules: KeyRules): KeyVerdict[] {
  return [...config].map(([key, value]) => judge(key, value, Object.hasOwn(rules, key) ? rules[key] : undefined));
}

function judge(key: string, value: JsonValue, rule: KeyRule | undefined): KeyVerdict {
  if (rule === undefined) return { key, verdict: 'refused', reason: `unknown key, its value is ${show(value)}` };
  if (rule.kind === 'honoured') return { key, verdict: 'honoured' };
  if (rule.kind === 'ignored') return { key, verdict: 'ignored', reason: rule.reason };
  if (rule.accepts(value)) return { key, verdict: 'honoured' };
  return { key, verdict: 'refused', reason: `${rule.reason}, its value is ${show(value)}` };
}

/** @throws IncompatibleAdapterError  that names every refused key and why */
export function requireKeys(verdicts: readonly KeyVerdict[]): void {
  const refused = verdicts.filter(({ verdict }) => verdict === 'refused');
  if (refused.length === 0) return;
  const list = refused.map(({ key, reason = '' }) => `${key} (${reason})`).join('; ');
  throw new IncompatibleAdapterError(`adapter_config.json: every key must be one we can honour, got ${list}`, {
    param: refused[0]!.key,
  });
}
