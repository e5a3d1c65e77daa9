import { closeSync, openSync, readSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError, NotFoundError } from '../common/errors.js';
import type { ByteRange, LocalSource, SourceFile } from './model-source.js';

/** Node reads less than 2 GiB in one call. */
const MAX_READ_BYTES = 1024 * 1024 * 1024;

/**
 * The files directly inside one directory.
 *
 * @throws NotFoundError  from `list` or `read` when the directory or file is not there
 * @throws ModelError     for a file name that would lead out of the directory, and for a file shorter than a range
 */
export function directorySource(directory: string): LocalSource {
  const at = (file: string) => join(directory, plainName(file));
  return {
    name: directory,
    async list() {
      const entries = await orNotFound(directory, readdir(directory, { withFileTypes: true }));
      const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
      const files = await Promise.all(names.map((name) => statFile(at(name), name)));
      return files.filter((file) => file !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    stat: async (file) => statFile(at(file), file),
    read: async (file, range) => orNotFound(at(file), range ? readRange(at(file), range) : readFile(at(file))),
    readNow: (file, range) => readRangeNow(at(file), range),
    async stamp() {
      const names = await orNotFound(directory, readdir(directory));
      const read = names.filter((name) => name === 'config.json' || /\.safetensors(\.index\.json)?$/.test(name)).sort();
      const found = await Promise.all(read.map((name) => stat(at(name))));
      return found.map(({ ino, size, mtimeMs }, index) => `${read[index]} ${ino} ${size} ${mtimeMs}`).join('\n');
    },
  };
}

function plainName(file: string): string {
  if (/^[^/\\\0]+$/.test(file) && file !== '.' && file !== '..') return file;
  throw new ModelError(`model file: expected a plain file name, got ${JSON.stringify(file)}`);
}

async function statFile(path: string, name: string): Promise<SourceFile | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? { name, bytes: found.size } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function readRange(path: string, { start, bytes }: ByteRange): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const held = Buffer.allocUnsafeSlow(bytes);
    for (let done = 0; done < bytes;) {
      const { bytesRead } = await handle.read(held, done, Math.min(bytes - done, MAX_READ_BYTES), start + done);
      if (bytesRead === 0) throw new ModelError(`${path}: expected ${start + bytes} bytes, got ${start + done}`);
      done += bytesRead;
    }
    return held;
  } finally {
    await handle.close();
  }
}

function readRangeNow(path: string, { start, bytes }: ByteRange): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    const held = Buffer.allocUnsafeSlow(bytes);
    for (let done = 0; done < bytes;) {
      const read = readSync(descriptor, held, done, Math.min(bytes - done, MAX_READ_BYTES), start + done);
      if (read === 0) throw new ModelError(`${path}: expected ${start + bytes} bytes, got ${start + done}`);
      done += read;
    }
    return held;
  } finally {
    closeSync(descriptor);
  }
}

async function orNotFound<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new NotFoundError(`model directory: expected ${path}, got nothing there`, { cause: error });
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
