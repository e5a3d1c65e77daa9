import { toPublicId } from '../common/public-id.js';
import type { LibraryBrick } from '../registry/grants/brick-library.service.js';
import type { Grant } from '../registry/grants/grant.entity.js';
import { toSeconds } from './views.js';

export function grantView({ id, adapterName, digest, granteeId, createdAt }: Grant) {
  return {
    id: toPublicId('grant', id),
    object: 'grant' as const,
    adapter: adapterName,
    version: digest,
    tenant: granteeId,
    created_at: toSeconds(createdAt),
  };
}

export function adminGrantView(grant: Grant) {
  return { ...grantView(grant), owner: { id: grant.tenantId, name: grant.tenantName } };
}

/** The card of a brick: neither its data nor its files. */
export function brickView({ name, owner, version, metrics }: LibraryBrick) {
  const { summary, digest, bytes, createdAt } = version ?? {};
  return {
    object: 'brick' as const,
    name,
    owner: owner ?? null,
    version: digest ?? null,
    kind: summary ? (summary.kind ?? ('adapter' as const)) : null,
    method: summary?.method ?? null,
    task: summary?.task ?? null,
    labels: summary?.labels ?? null,
    bytes: bytes ?? null,
    metrics: metrics ?? null,
    created_at: createdAt ? toSeconds(createdAt) : null,
  };
}
