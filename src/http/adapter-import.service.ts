import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config/config.js';
import { ImportService, type ImportResult } from '../registry/import.service.js';
import type { Actor } from '../tenants/principal.js';
import { readImportFields, writeCard } from './import-form.js';
import { receiveUpload } from './upload.js';

/** Where uploads lie until they are imported; emptied at start-up. */
export const UPLOADS = 'uploads';

/** An upload becomes a version, or nothing. */
@Injectable()
export class AdapterImportService {
  constructor(
    private readonly imports: ImportService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async import(tenantId: string, request: FastifyRequest, actor: Actor): Promise<ImportResult> {
    const { dataDir, limits } = this.config;
    const upload = await receiveUpload(request, { directory: join(dataDir, UPLOADS), maxBytes: limits.uploadBytes });
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
