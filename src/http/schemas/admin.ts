import { z } from 'zod';
import { MAX_COUNT } from '../../tenants/quotas.service.js';
import { ROLES } from '../../tenants/roles.js';

const name = z.string().min(1).max(63).describe('1 to 63 of a-z, 0-9 and -');

/** Query of every list. */
export const PageQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    after: z.string().max(500).optional().describe('`next` of the page before'),
  })
  .meta({ id: 'PageQuery' });

export const AuditQuery = PageQuery.extend({ tenant: z.uuid().optional() }).meta({ id: 'AuditQuery' });

export const CreateTenantRequest = z.strictObject({ name }).meta({ id: 'CreateTenantRequest' });

export const UpdateTenantRequest = z.strictObject({ suspended: z.boolean() }).meta({ id: 'UpdateTenantRequest' });

export const CreateKeyRequest = z
  .strictObject({
    tenant: z.uuid().optional().describe('Absent exactly for the role admin'),
    role: z.enum(ROLES),
    label: z.string().min(1).max(100),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: 'CreateKeyRequest' });

export const KeysQuery = z.strictObject({ tenant: z.uuid().optional() }).meta({ id: 'KeysQuery' });

const perSecond = z.number().positive().nullable().optional();
const count = z.int().min(0).max(MAX_COUNT).nullable().optional();
export const SetQuotasRequest = z
  .strictObject({
    requests_per_second: perSecond,
    tokens_per_second: perSecond,
    concurrent_requests: z.int().min(1).max(MAX_COUNT).nullable().optional(),
    adapter_bytes: z.int().min(0).nullable().optional(),
    adapter_count: count,
    file_bytes: z.int().min(0).nullable().optional(),
    training_jobs: count.describe('Fine-tuning jobs that run at the same time; more wait'),
    queued_jobs: count.describe('Fine-tuning jobs that have not ended; more are refused'),
  })
  .meta({ id: 'SetQuotasRequest', description: 'null: without bound; absent: as before' });

export const TenantResponse = z
  .object({
    id: z.uuid(),
    object: z.literal('tenant'),
    name: z.string(),
    suspended: z.boolean(),
    created_at: z.int().describe('Seconds since 1970'),
  })
  .meta({ id: 'TenantResponse' });

export const KeyResponse = z
  .object({
    id: z.uuid(),
    object: z.literal('key'),
    tenant: z.uuid().nullable(),
    role: z.enum(ROLES),
    label: z.string(),
    hint: z.string(),
    created_at: z.int(),
    expires_at: z.int().nullable(),
    revoked_at: z.int().nullable(),
    last_used_at: z.int().nullable(),
  })
  .meta({ id: 'KeyResponse' });

export const NewKeyResponse = KeyResponse.extend({
  secret: z.string().describe('Shown once; only its hash is stored'),
}).meta({ id: 'NewKeyResponse' });

export const QuotasResponse = z
  .object({
    object: z.literal('quotas'),
    tenant: z.uuid(),
    requests_per_second: z.number().nullable(),
    tokens_per_second: z.number().nullable(),
    concurrent_requests: z.int().nullable(),
    adapter_bytes: z.int().nullable(),
    adapter_count: z.int().nullable(),
    file_bytes: z.int().nullable(),
    training_jobs: z.int().nullable(),
    queued_jobs: z.int().nullable(),
  })
  .meta({ id: 'QuotasResponse' });

export const AuditResponse = z
  .object({
    id: z.string(),
    object: z.literal('audit'),
    tenant: z.uuid().nullable(),
    key: z.uuid().nullable(),
    request_id: z.string().nullable(),
    action: z.string(),
    target: z.string(),
    details: z.record(z.string(), z.unknown()),
    at: z.string(),
  })
  .meta({ id: 'AuditResponse' });

export const ResidencyResponse = z
  .object({
    object: z.literal('residency'),
    tiers: z.array(z.object({ tier: z.string(), bytes: z.int(), capacity_bytes: z.int() })),
    models: z.object({ held: z.int(), capacity: z.int() }).describe('Whole models, which are in no pool'),
    bricks: z.array(
      z.object({
        id: z.string().describe('Tenant and version digest'),
        kind: z.enum(['brick', 'model']),
        bytes: z.int(),
        leases: z.int(),
        pinned: z.boolean(),
        state: z.enum(['loading', 'ready']),
        idle_ms: z.int(),
      }),
    ),
  })
  .meta({ id: 'ResidencyResponse' });

export const PinRequest = z
  .strictObject({ tenant: z.uuid(), model: z.string().min(1).max(400) })
  .meta({ id: 'PinRequest' });

export const DeletedResponse = z
  .object({ id: z.string(), object: z.string(), deleted: z.literal(true) })
  .meta({ id: 'DeletedResponse' });
