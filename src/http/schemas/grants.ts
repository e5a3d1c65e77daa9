import { z } from 'zod';
import { DigestParam } from './adapters.js';
import { TimePageQuery } from './files.js';

const adapter = z.string().min(1).max(63).describe('Name of an adapter');

export const CreateGrantRequest = z
  .strictObject({
    adapter,
    version: DigestParam.optional().describe('The one version that is granted; absent: every one, later ones too'),
    tenant: z
      .string()
      .min(1)
      .max(63)
      .describe('Id of the tenant that may compose it; that tenant finds it at GET /v1/bricks'),
  })
  .meta({ id: 'CreateGrantRequest' });

export const AdminCreateGrantRequest = CreateGrantRequest.extend({
  owner: z.string().min(1).max(63).describe('Id of the tenant whose adapter it is'),
}).meta({ id: 'AdminCreateGrantRequest' });

export const GrantsQuery = TimePageQuery.extend({
  tenant: z.uuid().optional().describe('Only those that this tenant gave or was given'),
}).meta({ id: 'GrantsQuery' });

const grant = z.object({
  id: z.string(),
  object: z.literal('grant'),
  adapter,
  version: z.string().nullable().describe('null: every version'),
  tenant: z.uuid().describe('Who may compose it'),
  created_at: z.int(),
});

export const GrantResponse = grant.meta({ id: 'GrantResponse' });

export const AdminGrantResponse = grant
  .extend({ owner: z.object({ id: z.uuid(), name: z.string() }) })
  .meta({ id: 'AdminGrantResponse' });

export const BrickList = z
  .object({
    object: z.literal('list'),
    tenant: z.uuid().describe('Your own id, by which others grant you their adapters'),
    data: z.array(
      z.object({
        object: z.literal('brick'),
        name: z.string().describe('As compositions name it; owner/name where another tenant grants it'),
        owner: z.string().nullable().describe('Name of the tenant that grants it; null: it is yours'),
        version: z
          .string()
          .nullable()
          .describe('What the name means now; null: its alias production points at nothing'),
        kind: z.enum(['adapter', 'base', 'composition', 'router']).nullable(),
        method: z.string().nullable(),
        task: z.string().nullable(),
        labels: z.array(z.string()).nullable(),
        bytes: z.int().nullable(),
        metrics: z.record(z.string(), z.unknown()).nullable().describe('Of the job that made the version'),
        created_at: z.int().nullable(),
      }),
    ),
    has_more: z.boolean(),
    next: z.string().nullable(),
  })
  .meta({ id: 'BrickList' });
