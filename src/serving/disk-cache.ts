import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256InSlices } from '../common/digest.js';
import { ByteLru } from './byte-lru.js';

const TEMPORARY = '.tmp';

/**
 * Packed bricks on the local disk, up to `capacityBytes`, the least recently used dropped first.
 *
 * A file is written under a temporary name, flushed and renamed, so a reader sees the whole of it or nothing; it is read
 * only if its sha256 is the asked one, else it is removed and counts as absent. The cache survives a restart: `open`
 * finds the files again, in the order of their last use, and removes what a crash left half written.
 */
export class DiskCache {
  private readonly files: ByteLru<true>;
  private readonly dropped: Promise<void>[] = [];

  private constructor(
    private readonly directory: string,
    capacityBytes: number,
    onDrop: () => void,
  ) {
    this.files = new ByteLru<true>(capacityBytes, (name) => {
      this.dropped.push(rm(join(directory, name), { force: true }));
      onDrop();
    });
  }

  static async open(
    directory: string,
    capacityBytes: number,
    onDrop: () => void = () => undefined,
  ): Promise<DiskCache> {
    await mkdir(directory, { recursive: true });
    const cache = new DiskCache(directory, capacityBytes, onDrop);
    const found = [];
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (name.endsWith(TEMPORARY)) await rm(path, { force: true });
      else found.push({ name, info: await stat(path) });
    }
    found.sort((a, b) => a.info.mtimeMs - b.info.mtimeMs);
    for (const { name, info } of found) cache.files.set(name, true, info.size);
    await cache.settleDrops();
    return cache;
  }

  get bytes(): number {
    return this.files.bytes;
  }

  get size(): number {
    return this.files.size;
  }

  /** @param sha256  hex digest of the whole file */
  async get(key: string, sha256: string): Promise<Uint8Array | undefined> {
    if (this.files.get(key) === undefined) return undefined;
    const path = join(this.directory, key);
    const bytes = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (bytes !== undefined && (await sha256InSlices(bytes)) === sha256) {
      const now = new Date();
      await utimes(path, now, now);
      return bytes;
    }
    await this.delete(key);
    return undefined;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.directory, `${key}.${randomUUID()}${TEMPORARY}`);
    try {
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(this.directory, key));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.files.set(key, true, bytes.byteLength);
    await this.settleDrops();
  }

  async delete(key: string): Promise<void> {
    this.files.delete(key);
    await rm(join(this.directory, key), { force: true });
  }

  private async settleDrops(): Promise<void> {
    await Promise.all(this.dropped.splice(0));
  }
}
