import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { adapterFileLimitBytes, checkAdapterFile } from '../adapters/files.js';
import { CONFIG, type Config } from '../config/config.js';
import { ImportService, type ImportResult } from '../registry/import.service.js';
import type { Actor } from '../tenants/principal.js';
import { readImportFields, writeCard } from './import-form.js';
import { receiveUpload, type UploadLimits } from './upload.js';

/** Where uploads lie until they are imported; emptied at start-up. */
export const UPLOADS = 'uploads';

/** What the upload of an adapter may hold: the files that make one, under their own names. */
export function adapterUpload(maxBytes: number): Omit<UploadLimits, 'directory'> {
  const fileLimitBytes = (name: string): number => {
    checkAdapterFile(name, 0);
    return adapterFileLimitBytes(name) ?? 0;
  };
  return { maxBytes, fileLimitBytes, pathOf: (name) => name };
}

/** An upload becomes a version, or nothing. */
@Injectable()
export class AdapterImportService {
  constructor(
    private readonly imports: ImportService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async import(tenantId: string, request: FastifyRequest, actor: Actor): Promise<ImportResult> {
    const { dataDir, limits } = this.config;
    const upload = await receiveUpload(request, {
      ...adapterUpload(limits.uploadBytes),
      directory: join(dataDir, UPLOADS),
    });
    try {
      const fields = readImportFields(upload);
      await writeCard(upload, fields);
      const alias = fields.alias === '' ? null : fields.alias;
      return await this.imports.import({ tenantId, name: fields.name, directory: upload.directory, alias }, actor);
    } finally {
      await upload.discard();
    }
  }
}
