import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { adapterFileLimitBytes, checkAdapterFile, fromDirectory } from '../adapters/files.js';
import { VERBALISER_FILE } from '../adapters/verbaliser/verbaliser-file.js';
import { CONFIG, type Config } from '../config/config.js';
import { ImportService } from '../registry/import.service.js';
import type { MadeVersion } from '../registry/version-maker.js';
import { PromptCalibration } from '../serving/prompt-calibration.service.js';
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
    private readonly calibration: PromptCalibration,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async import(tenantId: string, request: FastifyRequest, actor: Actor): Promise<MadeVersion> {
    const { dataDir, limits } = this.config;
    const upload = await receiveUpload(request, {
      ...adapterUpload(limits.uploadBytes),
      directory: join(dataDir, UPLOADS),
    });
    try {
      const fields = readImportFields(upload);
      await writeCard(upload, fields);
      if (upload.files.some(({ name }) => name === VERBALISER_FILE)) await this.calibrate(tenantId, upload.directory);
      const alias = fields.alias === '' ? null : fields.alias;
      return await this.imports.import({ tenantId, name: fields.name, directory: upload.directory, alias }, actor);
    } finally {
      await upload.discard();
    }
  }

  /** A prior that is asked for is measured now, so that the version holds it. */
  private async calibrate(tenantId: string, directory: string): Promise<void> {
    const written = await this.calibration.calibrated({ tenantId }, await fromDirectory(directory));
    if (written) await writeFile(join(directory, VERBALISER_FILE), written);
  }
}
