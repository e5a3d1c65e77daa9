import { toPublicId } from '../common/public-id.js';
import type { TenantFile } from '../registry/file.entity.js';
import { toSeconds } from './views.js';

export function tenantFileView({ id, bytes, createdAt, filename, purpose, sha256 }: TenantFile) {
  return {
    id: toPublicId('file', id),
    object: 'file' as const,
    bytes,
    created_at: toSeconds(createdAt),
    filename,
    purpose,
    status: 'processed' as const, // read and checked by the job that uses it
    sha256,
  };
}
