import { createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256Hex } from '../common/digest.js';
import { NotFoundError, ValidationError } from '../common/errors.js';
import type { Config } from '../config/config.js';
import type { ListedObject, ObjectStore } from '../storage/object-store.js';
import { openObjectStore } from '../storage/open-object-store.js';

type BaseConfig = Pick<Config, 'baseModel' | 'dataDir' | 's3'>;

/**
 * The local directory of the base model: BASE_MODEL itself, or a copy of `s3://bucket/prefix` under DATA_DIR. A copy is
 * named by the keys, sizes and times of its objects, so a changed base is fetched anew and an unchanged one is not.
 *
 * @throws NotFoundError  when there is nothing at the address
 */
export async function baseDirectory(config: BaseConfig): Promise<string> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+?)\/?$/.exec(config.baseModel) ?? [];
  if (bucket === undefined || prefix === undefined) return config.baseModel;
  if (config.s3 === undefined) {
    throw new ValidationError(`BASE_MODEL: expected S3_ENDPOINT to be set for ${config.baseModel}, got none`);
  }
  const store = await openObjectStore({ dataDir: join(config.dataDir, 'base-spool'), s3: { ...config.s3, bucket } });
  return copyBase(store, prefix, join(config.dataDir, 'base'));
}

/** Copies the objects right under `prefix` into a directory of their own under `parent`; whole or not at all. */
export async function copyBase(
  store: Pick<ObjectStore, 'list' | 'get'>,
  prefix: string,
  parent: string,
): Promise<string> {
  const objects = await listBase(store, `${prefix}/`);
  if (objects.length === 0) throw new NotFoundError(`BASE_MODEL: expected files at ${prefix}, found none`);
  const state = objects.map(({ key, bytes, modifiedAtMs }) => `${key} ${bytes} ${modifiedAtMs}`).join('\n');
  const directory = join(parent, sha256Hex(state).slice(0, 16), prefix.split('/').at(-1) ?? 'base');
  if (await exists(directory)) return directory;
  await mkdir(join(directory, '..'), { recursive: true });
  const temporary = await mkdtemp(join(parent, 'part-'));
  try {
    for (const { key } of objects) {
      // From byte 0 on: as a range, for objects that others stored carry no sha256 of ours to check.
      const body = await store.get(key, { start: 0 });
      await pipeline(body, createWriteStream(join(temporary, key.slice(prefix.length + 1)), { flags: 'wx' }));
    }
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return directory;
}

async function listBase(store: Pick<ObjectStore, 'list'>, prefix: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const object of store.list(prefix)) {
    if (!object.key.slice(prefix.length).includes('/')) objects.push(object);
  }
  return objects;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
