/** Faults, and unknown keys, that a message names. */
export const SHOWN_FAULTS = 5;
const SHOWN_CHARACTERS = 80;

/** What a schema found wrong, as zod and standard schemas say it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** Keys that a strict object does not know. */
  readonly keys?: readonly string[];
}

/** `a.b[2]` */
export function issuePath(path: SchemaIssue['path']): string {
  return (path ?? []).reduce<string>((text, segment) => {
    const key = typeof segment === 'object' ? segment.key : segment;
    return typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/**
 * The rule, then the value got.
 *
 * @param value  all that was checked
 */
export function issueText({ message, path = [], keys }: SchemaIssue, value: unknown): string {
  if (keys !== undefined) {
    const more = keys.length > SHOWN_FAULTS ? ` and ${keys.length - SHOWN_FAULTS} more` : '';
    return `expected no other keys, got ${keys.slice(0, SHOWN_FAULTS).map(shown).join(', ')}${more}`;
  }
  const plain = message.replace(/^Invalid discriminator value\. Expected /, 'Invalid option: expected ');
  const rule = /^[\w ]+: (expected .*?)(?:, received .*)?$/s.exec(plain)?.[1] ?? plain;
  return `${rule}, got ${shown(path.reduce(memberOf, value))}`;
}

function memberOf(value: unknown, segment: PropertyKey | { readonly key: PropertyKey }): unknown {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (value === undefined) return 'nothing';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

export function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
