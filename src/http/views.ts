import type { Page, PageRequest } from '../common/page.js';
import type { AuditEntry } from '../tenants/audit.service.js';
import type { ApiKey } from '../tenants/api-key.js';
import type { Quotas } from '../tenants/quotas.service.js';
import type { Tenant } from '../tenants/tenant.entity.js';

/** Seconds since 1970, as OpenAI's API gives times. */
export function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

const secondsOrNull = (date: Date | undefined): number | null => (date === undefined ? null : toSeconds(date));

/** The page that a list's query asks for. */
export function pageRequest({ limit, after }: { limit: number; after?: string | undefined }): PageRequest {
  return { limit, ...(after !== undefined && { cursor: after }) };
}

export function listView<T, U>({ items, nextCursor }: Page<T>, view: (item: T) => U) {
  return {
    object: 'list' as const,
    data: items.map(view),
    has_more: nextCursor !== undefined,
    next: nextCursor ?? null,
  };
}

export function deletedView(object: string, id: string) {
  return { id, object, deleted: true as const };
}

export function tenantView({ id, name, isSuspended, createdAt }: Tenant) {
  return { id, object: 'tenant' as const, name, suspended: isSuspended, created_at: toSeconds(createdAt) };
}

export function keyView(key: ApiKey) {
  return {
    id: key.id,
    object: 'key' as const,
    tenant: key.tenantId ?? null,
    role: key.role,
    label: key.label,
    hint: key.hint,
    created_at: toSeconds(key.createdAt),
    expires_at: secondsOrNull(key.expiresAt),
    revoked_at: secondsOrNull(key.revokedAt),
    last_used_at: secondsOrNull(key.lastUsedAt),
  };
}

export function quotasView(tenant: string, quotas: Quotas) {
  return {
    object: 'quotas' as const,
    tenant,
    requests_per_second: quotas.requestsPerSecond,
    tokens_per_second: quotas.tokensPerSecond,
    concurrent_requests: quotas.concurrentRequests,
    adapter_bytes: quotas.adapterBytes,
    adapter_count: quotas.adapterCount,
    file_bytes: quotas.fileBytes,
    training_jobs: quotas.trainingJobs,
    queued_jobs: quotas.queuedJobs,
  };
}

export function auditView(entry: AuditEntry) {
  return {
    id: entry.id,
    object: 'audit' as const,
    tenant: entry.tenantId ?? null,
    key: entry.keyId ?? null,
    request_id: entry.requestId ?? null,
    action: entry.action,
    target: entry.target,
    details: entry.details,
    at: entry.at.toISOString(),
  };
}
