import { BASE_NAME, isAdapterName, isAliasName, parseMember } from '../composition/member.js';
import type { Digest } from '../common/digest.js';
import { NotFoundError, ValidationError } from '../common/errors.js';

export const DEFAULT_ALIAS = 'production';

/** What the text of a request's `model` says, before anything is looked up. */
export type ModelName =
  | { readonly kind: 'base' }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'version'; readonly name: string; readonly digest: Digest };

/** `base` | `name` (its alias `production`) | `name@alias` | `name@sha256:…`; `undefined` for anything else. */
export function parseModelName(text: string): ModelName | undefined {
  if (text === BASE_NAME) return { kind: 'base' };
  const member = parseMember(text);
  if (member === undefined || member.owner !== undefined) return undefined;
  const { name, alias = DEFAULT_ALIAS, digest } = member;
  return digest === undefined ? { kind: 'alias', name, alias } : { kind: 'version', name, digest };
}

export function expectAdapterName(name: string): void {
  if (isAdapterName(name)) return;
  throw new ValidationError(
    `name: expected 1 to 63 of a-z, 0-9 and . _ -, a letter or digit first, and not ${BASE_NAME}, got ${shown(name)}`,
    { param: 'name' },
  );
}

export function expectAliasName(alias: string): void {
  if (isAliasName(alias)) return;
  throw new ValidationError(
    `alias: expected 1 to 63 of a-z, 0-9 and . _ -, a letter or digit first, got ${shown(alias)}`,
    { param: 'alias' },
  );
}

/** One answer for what does not exist and for what is another tenant's. */
export function modelNotFound(model: string): NotFoundError {
  return new NotFoundError(
    `model: expected base, an adapter's name, name@alias or name@sha256:… of yours, got ${shown(model)}`,
    { code: 'model_not_found', param: 'model' },
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
}
