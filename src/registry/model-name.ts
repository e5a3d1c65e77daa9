import { isDigest, type Digest } from '../common/digest.js';
import { NotFoundError, ValidationError } from '../common/errors.js';

/** Adapter and alias names. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const BASE = 'base';
export const DEFAULT_ALIAS = 'production';

/** What the text of a request's `model` says, before anything is looked up. */
export type ModelName =
  | { readonly kind: 'base' }
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'version'; readonly name: string; readonly digest: Digest };

/** `base` | `name` (its alias `production`) | `name@alias` | `name@sha256:…`; `undefined` for anything else. */
export function parseModelName(text: string): ModelName | undefined {
  if (text === BASE) return { kind: 'base' };
  const [name = '', version = DEFAULT_ALIAS, ...rest] = text.split('@');
  if (!NAME.test(name) || name === BASE || rest.length > 0) return undefined;
  if (isDigest(version)) return { kind: 'version', name, digest: version };
  return NAME.test(version) ? { kind: 'alias', name, alias: version } : undefined;
}

export function isAdapterName(name: string): boolean {
  return NAME.test(name) && name !== BASE;
}

export function isAliasName(alias: string): boolean {
  return NAME.test(alias);
}

export function expectAdapterName(name: string): void {
  if (isAdapterName(name)) return;
  throw new ValidationError(
    `name: expected 1 to 63 of a-z, 0-9 and . _ -, a letter or digit first, and not ${BASE}, got ${shown(name)}`,
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
