import { isUuid } from './uuid.js';

/** What an id of the API names; OpenAI's clients know the first four. */
export type IdKind = 'file' | 'ftjob' | 'ftckpt' | 'ftevent' | 'eval' | 'grant';

/** A row's UUID as the API shows it: `file-` and 32 hexadecimal digits. */
export function toPublicId(kind: IdKind, uuid: string): string {
  return `${kind}-${uuid.replaceAll('-', '')}`;
}

/** The UUID in an id of this kind; undefined for every other text. */
export function fromPublicId(kind: IdKind, id: string): string | undefined {
  const [, hex] = /^[a-z]+-([0-9a-f]{32})$/.exec(id) ?? [];
  if (hex === undefined || !id.startsWith(`${kind}-`)) return undefined;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(uuid) ? uuid : undefined;
}
