import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConflictError, NotFoundError, QuotaExceededError, StorageError, ValidationError } from '../common/errors.js';
import type { Page } from '../common/page.js';
import { fromPublicId } from '../common/public-id.js';
import { isPlainText } from '../common/text.js';
import { TenantDb } from '../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { AuditService } from '../tenants/audit.service.js';
import type { Actor } from '../tenants/principal.js';
import { QuotasService } from '../tenants/quotas.service.js';
import { DatasetEntity } from './dataset.entity.js';
import { FileEntity, type FilePurpose, type TenantFile } from './file.entity.js';
import { datasetPlace, uploadedKey, uploadedPlace } from './object-layout.js';
import { ObjectSweeper } from './object-sweeper.js';
import { timePage, type TimePageRequest } from './time-page.js';

export interface NewFile {
  readonly tenantId: string;
  readonly filename: string;
  readonly purpose: FilePurpose;
  readonly body: Readable | Uint8Array;
}

const MAX_NAME = 255;
/** Jobs and evaluations that still read their files. */
const USERS = `
  select id from fine_tuning_jobs where (training_file = $1 or validation_file = $1 or id in (
      select job_id from fine_tuning_task_files where training_file = $1 or validation_file = $1))
    and status in ('validating_files', 'queued', 'running', 'paused')
  union all select id from evaluations where file_id = $1 and status in ('queued', 'running')
  limit 1`;

/**
 * Files of tenants. As with imports, the object comes first, announced, and the row takes the announcement back: stopped
 * at any point there is either the file or, once the sweeper has run, nothing.
 */
@Injectable()
export class FilesService {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly sweeper: ObjectSweeper,
    private readonly quotas: QuotasService,
    private readonly audit: AuditService,
  ) {}

  /** @throws QuotaExceededError  when the tenant would have too many bytes of files */
  async create({ tenantId, filename, purpose, body }: NewFile, actor: Actor): Promise<TenantFile> {
    expectFilename(filename);
    const id = randomUUID();
    const place = uploadedPlace(tenantId, id);
    await this.sweeper.announceImport(place);
    try {
      const { bytes, sha256 } = await this.store.put(uploadedKey(tenantId, id), body);
      const file = { id, tenantId, filename, purpose, bytes, sha256, createdAt: new Date() };
      const { fileBytes } = await this.quotas.get(tenantId);
      await this.db.run(tenantId, async (manager) => {
        await expectRoom(manager, file, fileBytes);
        if (!(await this.sweeper.keep(manager, place))) {
          throw new StorageError('file: expected its stored object, found it removed meanwhile', {
            code: 'upload_interrupted',
          });
        }
        await manager.insert(FileEntity, file);
        await this.audit.record(manager, { tenantId, action: 'file.create', target: id, details: { bytes } }, actor);
      });
      return file;
    } catch (error) {
      await this.sweeper.removeSoon(place);
      throw error;
    }
  }

  list(tenantId: string, request: TimePageRequest & { purpose?: string | undefined }): Promise<Page<TenantFile>> {
    const { purpose, ...page } = request;
    return this.db.run(tenantId, (manager) =>
      timePage(manager, FileEntity, {
        ...page,
        kind: 'file',
        narrow: (query) => (purpose === undefined ? query : query.andWhere('row.purpose = :purpose', { purpose })),
      }),
    );
  }

  /** @param fileId  as the API shows it */
  require(tenantId: string, fileId: string): Promise<TenantFile> {
    return this.db.run(tenantId, (manager) => requireFile(manager, fileId));
  }

  open({ tenantId, id }: Pick<TenantFile, 'tenantId' | 'id'>): Promise<Readable> {
    return this.store.get(uploadedKey(tenantId, id));
  }

  /** With the data sets that were made of it. @throws ConflictError `file_in_use`  while a job or evaluation needs it */
  async delete(tenantId: string, fileId: string, actor: Actor): Promise<void> {
    const places = await this.db.run(tenantId, async (manager) => {
      const { id } = await requireFile(manager, fileId, { lock: 'pessimistic_write' });
      const [user] = await manager.query<{ id: string }[]>(USERS, [id]);
      if (user) {
        throw new ConflictError(`file ${fileId}: expected no job to need it before it is deleted, found one`, {
          code: 'file_in_use',
        });
      }
      const datasets = await manager.find(DatasetEntity, { where: [{ fileId: id }, { validationFileId: id }] });
      const removed = [uploadedPlace(tenantId, id), ...datasets.map((dataset) => datasetPlace(tenantId, dataset.id))];
      for (const place of removed) await this.sweeper.announceRemoval(manager, place);
      if (datasets.length > 0)
        await manager.delete(
          DatasetEntity,
          datasets.map((dataset) => dataset.id),
        );
      await manager.delete(FileEntity, { id });
      await this.audit.record(manager, { tenantId, action: 'file.delete', target: id }, actor);
      return removed;
    });
    for (const place of places) await this.sweeper.removeSoon(place);
  }
}

/** A tenant's file by its public id; locked, its deletion waits for this transaction. */
export async function requireFile(
  manager: EntityManager,
  fileId: string,
  { lock, param = 'file_id' }: { lock?: 'pessimistic_write' | 'for_key_share'; param?: string } = {},
): Promise<TenantFile> {
  const id = fromPublicId('file', fileId);
  const file =
    id === undefined
      ? null
      : await manager.findOne(FileEntity, { where: { id }, ...(lock && { lock: { mode: lock } }) });
  if (file) return file;
  throw new NotFoundError(`${param}: expected the id of a file of yours, got ${JSON.stringify(fileId.slice(0, 80))}`, {
    code: 'file_not_found',
    param,
  });
}

function expectFilename(filename: string): void {
  if (filename.length > 0 && filename.length <= MAX_NAME && isPlainText(filename)) return;
  throw new ValidationError(
    `file: expected a name of 1 to ${MAX_NAME} printable characters, got ${JSON.stringify(filename.slice(0, 80))}`,
    { param: 'file' },
  );
}

/** Uploads of one tenant take turns from here on, so that together they keep its quota. */
async function expectRoom(
  manager: EntityManager,
  { tenantId, bytes }: TenantFile,
  limit: number | null,
): Promise<void> {
  if (limit === null) return;
  await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`files ${tenantId}`]);
  const used = (await manager.sum(FileEntity, 'bytes')) ?? 0;
  if (used + bytes <= limit) return;
  throw new QuotaExceededError(`quota: expected at most ${limit} bytes of files, got ${used} and ${bytes} more`, {
    code: 'file_bytes_exceeded',
  });
}
