import { In, type EntityManager } from 'typeorm';
import { isDigest, type Digest } from '../common/digest.js';
import { NotFoundError } from '../common/errors.js';
import { wrongCursor } from '../common/page.js';
import { AdapterAliasEntity } from './adapter-alias.entity.js';
import type { Adapter, AdapterSummary, AdapterVersion } from './adapter-version.js';
import { AdapterVersionEntity, type VersionRow } from './adapter-version.entity.js';
import { AdapterEntity, type AdapterRow } from './adapter.entity.js';
import { isAdapterName } from '../composition/member.js';
import type { ModelName } from './model-name.js';

type AdapterName = Exclude<ModelName, { kind: 'base' }>;

/** Queries of one tenant's transaction; row-level security leaves others' rows out. */

export async function findAdapter(manager: EntityManager, name: string): Promise<AdapterRow | undefined> {
  if (!isAdapterName(name)) return undefined;
  return (await manager.findOneBy(AdapterEntity, { name })) ?? undefined;
}

export async function requireAdapter(manager: EntityManager, name: string): Promise<AdapterRow> {
  const adapter = await findAdapter(manager, name);
  if (adapter) return adapter;
  throw new NotFoundError(`adapter: expected the name of one of yours, got ${JSON.stringify(name.slice(0, 160))}`, {
    code: 'adapter_not_found',
    param: 'name',
  });
}

export async function findVersion(
  manager: EntityManager,
  adapterId: string,
  digest: Digest,
): Promise<VersionRow | undefined> {
  return (await manager.findOneBy(AdapterVersionEntity, { adapterId, digest })) ?? undefined;
}

export async function requireVersion(
  manager: EntityManager,
  { id, name }: AdapterRow,
  digest: Digest,
): Promise<VersionRow> {
  const version = await findVersion(manager, id, digest);
  if (version) return version;
  throw new NotFoundError(`version: expected the digest of one of ${name}, got ${digest}`, {
    code: 'version_not_found',
    param: 'version',
  });
}

const NAMED_VERSION = `
  select a.id, v.digest, v.import_id, v.bytes, v.summary, v.created_at
  from adapters a left join adapter_aliases s on s.adapter_id = a.id and s.name = $2
  join adapter_versions v on v.adapter_id = a.id and v.digest = coalesce($3, s.digest)
  where a.name = $1`;

interface NamedVersionRow {
  readonly id: string;
  readonly digest: Digest;
  readonly import_id: string;
  readonly bytes: string;
  readonly summary: AdapterSummary;
  readonly created_at: Date;
}

/** The version of a model name, in one query: every first request of an adapter waits for it. */
export async function findNamedVersion(
  manager: EntityManager,
  model: AdapterName,
): Promise<AdapterVersion | undefined> {
  const { name } = model;
  const [alias, digest] = model.kind === 'alias' ? [model.alias, null] : [null, model.digest];
  const [row] = await manager.query<NamedVersionRow[]>(NAMED_VERSION, [name, alias, digest]);
  if (row === undefined) return undefined;
  const { id: adapterId, import_id: importId, created_at: createdAt, summary } = row;
  return { adapterId, name, digest: row.digest, importId, bytes: Number(row.bytes), summary, createdAt };
}

/** Newest first; `after` is the `versionSortKey` of the last one seen. */
export async function listVersions(
  manager: EntityManager,
  { id, name }: AdapterRow,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<AdapterVersion[]> {
  const query = manager.createQueryBuilder(AdapterVersionEntity, 'v').where('v.adapterId = :id', { id });
  if (after !== undefined) {
    const [at = '', digest = '', ...rest] = after.split(' ');
    if (!isTime(at) || !isDigest(digest) || rest.length > 0) throw wrongCursor(after);
    query.andWhere('(v.createdAt, v.digest) < (:at, :digest)', { at, digest });
  }
  const rows = await query.orderBy('v.createdAt', 'DESC').addOrderBy('v.digest', 'DESC').limit(limit).getMany();
  return rows.map((row) => toVersion(row, name));
}

/** A time as `toISOString` writes it, of a year that PostgreSQL knows too. */
function isTime(text: string): boolean {
  return /^[12]\d{3}-/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text;
}

export function versionSortKey({ createdAt, digest }: AdapterVersion): string {
  return `${createdAt.toISOString()} ${digest}`;
}

export async function withAliases(manager: EntityManager, adapters: readonly AdapterRow[]): Promise<Adapter[]> {
  const ids = adapters.map(({ id }) => id);
  const aliases = await manager.find(AdapterAliasEntity, { where: { adapterId: In(ids) }, order: { name: 'ASC' } });
  return adapters.map(({ id, name, createdAt }) => ({
    id,
    name,
    createdAt,
    aliases: aliases
      .filter(({ adapterId }) => adapterId === id)
      .map((alias) => ({ name: alias.name, digest: alias.digest, movedAt: alias.movedAt })),
  }));
}

export function toVersion(row: VersionRow, name: string): AdapterVersion {
  const { adapterId, digest, importId, bytes, summary, createdAt } = row;
  return { adapterId, name, digest, importId, bytes, summary, createdAt };
}
