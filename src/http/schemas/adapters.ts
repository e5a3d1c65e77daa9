import { z } from 'zod';

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hexadecimal digits')
  .describe('`sha256:` and 64 hexadecimal digits');

export const DigestParam = digest;

export const MoveAliasRequest = z
  .strictObject({
    version: digest,
    expected: digest.nullable().optional().describe('What the alias must point at now; null: nothing. Else 409'),
  })
  .meta({ id: 'MoveAliasRequest' });

/** The text fields of an import; files come as parts of their own, whatever their field is named. */
export const ImportFields = z
  .strictObject({
    name: z.string().min(1),
    alias: z.string().optional().describe('Moved to the new version; default production, empty: none'),
    task: z.enum(['sequence_classification', 'token_classification', 'masked_lm', 'embedding']).optional(),
    problem: z.enum(['single', 'multi', 'regression']).optional(),
    labels: z.array(z.string()).min(1).optional(),
  })
  .meta({ id: 'ImportFields' });

export const AdapterResponse = z
  .object({
    id: z.uuid(),
    object: z.literal('adapter'),
    name: z.string(),
    created_at: z.int(),
    aliases: z.array(z.object({ name: z.string(), version: digest, moved_at: z.int() })),
  })
  .meta({ id: 'AdapterResponse' });

const version = z.object({
  object: z.literal('adapter.version'),
  adapter: z.string(),
  version: digest,
  model: z.string().describe('Name of exactly this version in requests'),
  kind: z
    .enum(['base', 'composition', 'router'])
    .optional()
    .describe(
      'base: a model of its own; composition: made of others; router: weighs the bricks of a route; ' +
        'absent: an adapter of the shared base',
    ),
  method: z.string(),
  task: z.string().nullable(),
  labels: z.array(z.string()).nullable(),
  bytes: z.int(),
  created_at: z.int(),
  details: z.record(z.string(), z.unknown()),
});

export const VersionResponse = version.meta({ id: 'VersionResponse' });

export const ImportResponse = version
  .extend({ is_new: z.boolean().describe('False when the adapter had this version already') })
  .meta({ id: 'ImportResponse' });

const object = z.record(z.string(), z.unknown());

export const LineageResponse = z
  .object({
    object: z.literal('adapter.version.lineage'),
    model: z.string(),
    created_at: z.int(),
    job: z.string(),
    base: z.string().describe('Digest of the base model'),
    dataset: digest.nullable().describe('Digest of the prepared parts; null: made of other versions alone'),
    split: object.describe('Rows and digest of each part'),
    seed: z.int(),
    hyperparameters: object,
    code_version: z.string(),
    metrics: object,
    parent: z.string().nullable().describe('The version that training went on from; null: the base'),
    card: object.nullable().describe('The data card, while the data set is kept'),
  })
  .meta({ id: 'LineageResponse' });

export const FileResponse = z
  .object({ object: z.literal('adapter.file'), name: z.string(), bytes: z.int(), sha256: z.string() })
  .meta({ id: 'FileResponse' });

export const ModelResponse = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .meta({ id: 'ModelResponse' });

export const ModelList = z
  .object({ object: z.literal('list'), data: z.array(ModelResponse) })
  .meta({ id: 'ModelList' });
