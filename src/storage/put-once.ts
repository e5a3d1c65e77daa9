import type { Readable } from 'node:stream';
import { ConflictError } from '../common/errors.js';
import type { ObjectInfo, ObjectStore } from './object-store.js';

/** Writes an object whose key says what is in it; one that another was faster to write is as good. */
export async function putOnce(
  store: Pick<ObjectStore, 'put' | 'find'>,
  key: string,
  body: Uint8Array | Readable,
): Promise<ObjectInfo> {
  try {
    return await store.put(key, body);
  } catch (error) {
    const info = error instanceof ConflictError ? await store.find(key) : undefined;
    if (!info) throw error;
    return info;
  }
}
