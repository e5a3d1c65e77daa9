import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ValidationError } from '../common/errors.js';
import { CONFIG, type Config } from '../config/config.js';
import type { TenantFile } from '../registry/file.entity.js';
import { FilesService } from '../registry/files.service.js';
import type { Actor } from '../tenants/principal.js';
import { UPLOADS } from './adapter-import.service.js';
import { FileFields } from './schemas/files.js';
import { receiveUpload } from './upload.js';
import { parseWith } from './validation.js';

/** An upload becomes a file, or nothing. It lies on disk until its purpose is known, which may come after it. */
@Injectable()
export class FileUploadService {
  constructor(
    private readonly files: FilesService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async upload(tenantId: string, request: FastifyRequest, actor: Actor): Promise<TenantFile> {
    const { dataDir, limits } = this.config;
    const upload = await receiveUpload(request, {
      directory: join(dataDir, UPLOADS),
      maxBytes: limits.fileBytes,
      fileLimitBytes: () => limits.fileBytes,
      pathOf: (_name, at) => String(at),
    });
    try {
      const { purpose } = parseWith(FileFields, Object.fromEntries(upload.fields));
      const [file, ...rest] = upload.files;
      if (file === undefined || rest.length > 0) {
        throw new ValidationError(`file: expected one file, got ${upload.files.length}`, { param: 'file' });
      }
      const body = createReadStream(join(upload.directory, '0'));
      return await this.files.create({ tenantId, filename: file.name, purpose, body }, actor);
    } finally {
      await upload.discard();
    }
  }
}
