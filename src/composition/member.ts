import { isDigest, type Digest } from '../common/digest.js';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** What stands for the base model where a name is expected. */
export const BASE_NAME = 'base';
/** Names of tenants. */
const OWNER = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What the text of a member says, before anything is looked up. */
export interface MemberName {
  /** Absent: the tenant's own. */
  readonly owner?: string;
  readonly name: string;
  /** At most one of `alias` and `digest`; neither is the default alias. */
  readonly alias?: string;
  readonly digest?: Digest;
}

export function isAdapterName(name: string): boolean {
  return NAME.test(name) && name !== BASE_NAME;
}

export function isAliasName(alias: string): boolean {
  return NAME.test(alias);
}

/** `[owner/]name`, `[owner/]name@alias` or `[owner/]name@sha256:…`; `undefined` for anything else, `base` among it. */
export function parseMember(text: string): MemberName | undefined {
  const slash = text.indexOf('/');
  const owner = slash < 0 ? undefined : text.slice(0, slash);
  const [name = '', version, ...rest] = text.slice(slash + 1).split('@');
  if (!isAdapterName(name) || rest.length > 0) return undefined;
  if (owner !== undefined && !OWNER.test(owner)) return undefined;
  const named = { ...(owner !== undefined && { owner }), name };
  if (version === undefined) return named;
  if (isDigest(version)) return { ...named, digest: version };
  return isAliasName(version) ? { ...named, alias: version } : undefined;
}

export function memberText({ owner, name, alias, digest }: MemberName): string {
  const version = digest ?? alias;
  return `${owner === undefined ? '' : `${owner}/`}${name}${version === undefined ? '' : `@${version}`}`;
}
