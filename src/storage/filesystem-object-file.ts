import { open, type FileHandle } from 'node:fs/promises';
import { StorageError } from '../common/errors.js';
import type { MeteredBody } from './metered-body.js';

/** Ends every object's file: the sha256 of the content before it, then these bytes. */
const MAGIC = Buffer.from('TSSR-001');
export const TRAILER_BYTES = 32 + MAGIC.length;

/** Writes content and trailer to a new file and flushes it to the disk. */
export async function writeObjectFile(path: string, content: MeteredBody): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of content) await file.writeFile(chunk);
    await file.writeFile(Buffer.concat([Buffer.from(content.sha256, 'hex'), MAGIC]));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The content's size and sha256, from the file's trailer. */
export async function readTrailer(file: FileHandle, key: string): Promise<{ bytes: number; sha256: string }> {
  const { size } = await file.stat();
  const trailer = Buffer.alloc(TRAILER_BYTES);
  if (size >= TRAILER_BYTES) await file.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
  if (!trailer.subarray(32).equals(MAGIC)) {
    throw new StorageError(`object ${key}: expected a file that ends with its sha256, got ${size} other bytes`, {
      code: 'object_corrupted',
    });
  }
  return { bytes: size - TRAILER_BYTES, sha256: trailer.toString('hex', 0, 32) };
}
