import type { EntityManager } from 'typeorm';
import type { Digest } from '../../common/digest.js';
import type { VersionRow } from '../adapter-version.entity.js';

const USER = `
  select a.name, m.composition_digest as digest
  from composition_members m left join adapters a on a.id = m.composition_id
  where m.owner_id = $1 and m.adapter_id = $2 and m.digest = any($3) and ($4 or m.composition_id <> m.adapter_id)
    and (m.tenant_id = m.owner_id or exists (
      select from grants g
      where g.adapter_id = m.adapter_id and g.grantee_id = m.tenant_id and (g.digest is null or g.digest = m.digest)))
  order by m.tenant_id <> m.owner_id
  limit 1`;

/**
 * Says which composition needs one of these versions, which are of one adapter: one of the tenant, or of another tenant
 * for as long as it is granted to that.
 *
 * @param isWhole  the adapter goes with all its versions: those that are compositions of others among them hold nothing
 */
export async function findUse(
  manager: EntityManager,
  versions: readonly VersionRow[],
  { isWhole }: { isWhole: boolean },
): Promise<string | undefined> {
  const [version] = versions;
  if (version === undefined) return undefined;
  const digests = versions.map(({ digest }) => digest);
  const values = [version.tenantId, version.adapterId, digests, !isWhole];
  const [user] = await manager.query<{ name: string | null; digest: Digest }[]>(USER, values);
  if (user === undefined) return undefined;
  if (user.name !== null) return `composition ${user.name}@${user.digest}`;
  return 'a composition of a tenant that it is granted to (revoke the grant first)';
}
