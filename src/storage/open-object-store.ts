import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { FilesystemObjectStore } from './filesystem-object-store.js';
import { MinioObjectStore } from './minio-object-store.js';
import type { ObjectStore } from './object-store.js';

/** The S3 server of the settings, or files under DATA_DIR, whose lock the caller holds. */
export async function openObjectStore({ s3, dataDir }: Pick<Config, 's3' | 'dataDir'>): Promise<ObjectStore> {
  if (s3) return MinioObjectStore.open({ ...s3, spoolDir: join(dataDir, 'spool') });
  return FilesystemObjectStore.open(join(dataDir, 'objects'));
}
