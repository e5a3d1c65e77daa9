import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rm, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { ConflictError, TooLargeError } from '../common/errors.js';
import { sha256InSlices } from '../common/digest.js';
import { readTrailer, readWhole, TRAILER_BYTES, writeObjectFile } from './filesystem-object-file.js';
import { MeteredBody } from './metered-body.js';
import { checkKey, checkPrefix, clipRange, noSuchObject } from './object-key.js';
import type { ByteRange, ListedObject, ObjectInfo, ObjectStore, ReadOptions } from './object-store.js';
import { asStorageError, toStorageError } from './storage-failure.js';
import { expectSha256, verifyStream } from './verified-stream.js';

const INCOMING = '.incoming';

interface OpenedFile {
  readonly file: FileHandle;
  /** Of content and trailer. */
  readonly size: number;
  readonly modifiedAtMs: number;
}

/**
 * Objects as files below one directory. A body is written beside, flushed, and linked to its key: link refuses an
 * existing name, so it is create-only and a crash at any point leaves no part of an object, at most a file in
 * `.incoming` that the next open removes.
 */
export class FilesystemObjectStore implements ObjectStore {
  private constructor(private readonly root: string) {}

  /** The caller makes sure that no other process uses `root`. */
  static async open(root: string): Promise<FilesystemObjectStore> {
    await rm(join(root, INCOMING), { recursive: true, force: true });
    await mkdir(join(root, INCOMING), { recursive: true, mode: 0o700 });
    return new FilesystemObjectStore(root);
  }

  async put(key: string, body: Uint8Array | Readable, { maxBytes }: { maxBytes?: number } = {}): Promise<ObjectInfo> {
    checkKey(key);
    const incoming = join(this.root, INCOMING, randomUUID());
    const content = new MeteredBody(body, maxBytes);
    try {
      await writeObjectFile(incoming, content);
      await this.publish(incoming, key);
    } catch (error) {
      throw toStorageError(error, `put ${key}`);
    } finally {
      await rm(incoming, { force: true });
    }
    return { key, bytes: content.bytes, sha256: content.sha256, modifiedAtMs: Date.now() };
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    checkKey(key);
    const { file, size } = await this.openObject(key);
    try {
      const { bytes, sha256 } = await readTrailer(file, key, size);
      const { start, end } = clipRange(range ?? { start: 0 }, bytes);
      if (start === end) return await emptyStream(file);
      const stream = file.createReadStream({ start, end: end - 1 });
      return end - start === bytes ? verifyStream(stream, key, sha256) : stream;
    } catch (error) {
      await file.close();
      throw toStorageError(error, `get ${key}`);
    }
  }

  async read(
    key: string,
    { maxBytes = Number.MAX_SAFE_INTEGER, sha256: wanted }: ReadOptions = {},
  ): Promise<Uint8Array> {
    checkKey(key);
    const { file, size } = await this.openObject(key);
    try {
      const bytes = size - TRAILER_BYTES;
      if (bytes > maxBytes) throw new TooLargeError(`object ${key}: expected at most ${maxBytes} bytes, got ${bytes}`);
      const { content, sha256 } = await readWhole(file, key, size);
      expectSha256(key, await sha256InSlices(content), [sha256, wanted]);
      return content;
    } catch (error) {
      throw toStorageError(error, `read ${key}`);
    } finally {
      await file.close();
    }
  }

  async find(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const opened = await this.openIfPresent(key);
    if (!opened) return undefined;
    const { file, size, modifiedAtMs } = opened;
    try {
      return { key, ...(await readTrailer(file, key, size)), modifiedAtMs };
    } finally {
      await file.close();
    }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    checkPrefix(prefix);
    const slash = prefix.lastIndexOf('/') + 1;
    yield* this.listBelow(prefix.slice(0, slash), prefix);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    try {
      await unlink(join(this.root, key));
    } catch (error) {
      if (isAbsence(error)) return;
      throw toStorageError(error, `delete ${key}`);
    }
    await this.removeEmptyDirectories(dirname(key));
  }

  private async publish(incoming: string, key: string): Promise<void> {
    const path = join(this.root, key);
    for (let attempt = 0; ; attempt++) {
      const firstMade = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        await link(incoming, path);
        await this.syncDirectories(dirname(path), firstMade ? dirname(firstMade) : dirname(path));
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST') {
          throw new ConflictError(`object: expected no object at ${key} yet, found one`, { code: 'object_exists' });
        }
        // A delete may take the directory away between mkdir and link, as it has become empty.
        if (code !== 'ENOENT' || attempt === 5) throw error;
      }
    }
  }

  /** A name is safe on the disk once its directory is flushed; a new directory's name once its parent is. */
  private async syncDirectories(from: string, to: string): Promise<void> {
    for (let at = from; ; at = dirname(at)) {
      const directory = await open(at, 'r');
      await directory.sync().finally(() => directory.close());
      if (at === to || at === this.root) return;
    }
  }

  private async *listBelow(directory: string, prefix: string): AsyncIterable<ListedObject> {
    for (const { name, isDirectory } of await this.entries(directory)) {
      const key = directory + name;
      if (!(key.startsWith(prefix) || (isDirectory && prefix.startsWith(key)))) continue;
      if (isDirectory) yield* this.listBelow(key, prefix);
      else {
        const info = await this.statObject(key);
        if (info) yield info;
      }
    }
  }

  /** Names in order of whole keys: a directory sorts as its name with the slash. */
  private async entries(directory: string): Promise<{ name: string; isDirectory: boolean }[]> {
    const found = await readdir(join(this.root, directory), { withFileTypes: true }).catch((error: unknown) => {
      if (isAbsence(error)) return [];
      throw toStorageError(error, `list ${directory}`);
    });
    return found
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name, isDirectory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async statObject(key: string): Promise<ListedObject | undefined> {
    const opened = await this.openIfPresent(key);
    if (!opened) return undefined; // deleted since the directory was read
    const { file, size, modifiedAtMs } = opened;
    await file.close();
    return { key, bytes: size - TRAILER_BYTES, modifiedAtMs };
  }

  private async openObject(key: string): Promise<OpenedFile> {
    const opened = await this.openIfPresent(key);
    if (!opened) throw noSuchObject(key);
    return opened;
  }

  private async openIfPresent(key: string): Promise<OpenedFile | undefined> {
    const file = await open(join(this.root, key), 'r').catch((error: unknown) => {
      if (isAbsence(error)) return undefined;
      throw toStorageError(error, `open ${key}`);
    });
    if (!file) return undefined;
    const found = await file.stat();
    if (found.isFile()) return { file, size: found.size, modifiedAtMs: found.mtimeMs };
    await file.close();
    return undefined;
  }

  private async removeEmptyDirectories(directory: string): Promise<void> {
    for (let at = directory; at !== '.'; at = dirname(at)) {
      const isRemoved = await rmdir(join(this.root, at)).then(
        () => true,
        () => false, // not empty, or another delete was faster
      );
      if (!isRemoved) return;
    }
  }
}

async function emptyStream(file: FileHandle): Promise<Readable> {
  await asStorageError('close', file.close());
  return Readable.from([]);
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
