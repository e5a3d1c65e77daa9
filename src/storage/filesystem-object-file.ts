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

/** The content's size and sha256, from the trailer of a file of `size` bytes. */
export async function readTrailer(
  file: FileHandle,
  key: string,
  size: number,
): Promise<{ bytes: number; sha256: string }> {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  if (size >= TRAILER_BYTES) await file.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
  return parseTrailer(trailer, key, size);
}

/** Content and trailer of a file of `size` bytes, in one read where the system allows; the content in shared memory. */
export async function readWhole(
  file: FileHandle,
  key: string,
  size: number,
): Promise<{ content: Uint8Array; sha256: string }> {
  const all = new Uint8Array(new SharedArrayBuffer(size));
  for (let at = 0; at < size;) {
    const { bytesRead } = await file.read(all, at, size - at, at);
    if (bytesRead === 0) break; // cut meanwhile: the trailer is not there
    at += bytesRead;
  }
  const end = Math.max(0, size - TRAILER_BYTES);
  const { sha256 } = parseTrailer(Buffer.from(all.subarray(end)), key, size);
  return { content: all.subarray(0, end), sha256 };
}

function parseTrailer(trailer: Buffer, key: string, size: number): { bytes: number; sha256: string } {
  if (!trailer.subarray(32).equals(MAGIC)) {
    throw new StorageError(`object ${key}: expected a file that ends with its sha256, got ${size} other bytes`, {
      code: 'object_corrupted',
    });
  }
  return { bytes: size - TRAILER_BYTES, sha256: trailer.toString('hex', 0, 32) };
}
