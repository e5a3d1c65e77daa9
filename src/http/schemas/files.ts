import { z } from 'zod';
import { FILE_PURPOSES } from '../../registry/file.entity.js';

const UPLOADED_PURPOSES = FILE_PURPOSES.filter((purpose) => purpose !== 'fine-tune-results');

/** The text fields of an upload. */
export const FileFields = z.strictObject({ purpose: z.enum(UPLOADED_PURPOSES) }).meta({ id: 'FileFields' });

/** Query of a list in order of time, as OpenAI's clients send it. */
export const TimePageQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(1000).default(20),
    after: z.string().max(100).optional().describe('Id of the last item of the page before'),
  })
  .meta({ id: 'TimePageQuery' });

export const FilesQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(10_000).default(1000),
    after: z.string().max(100).optional().describe('Id of the last item of the page before'),
    order: z.enum(['asc', 'desc']).default('desc'),
    purpose: z.enum(FILE_PURPOSES).optional(),
  })
  .meta({ id: 'FilesQuery' });

export const TenantFileResponse = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int(),
    created_at: z.int(),
    filename: z.string(),
    purpose: z.enum(FILE_PURPOSES),
    status: z.literal('processed'),
    sha256: z.string().describe('64 hexadecimal digits of the content'),
  })
  .meta({ id: 'TenantFileResponse' });
