import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { ConflictError } from '../common/errors.js';
import { TimedCache } from '../common/timed-cache.js';
import { OBJECT_STORE, type ObjectInfo, type ObjectStore } from '../storage/object-store.js';
import type { StoredFile } from './adapter-version.js';
import { fileKey, packedKey, type ImportPlace } from './object-layout.js';
import { ADAPTER_COMPILER, type AdapterCompiler } from './ports.js';

/** A packed brick in the object store. */
export interface PackedBrick {
  readonly objectKey: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An object never changes, so what is known of it holds until its version is deleted. */
const TTL_MS = 600_000;
const CAPACITY = 50_000;

/** Finds each version's brick for the base of this process; makes it from the version's files where there is none yet. */
@Injectable()
export class PackedBricks {
  private readonly known = new TimedCache<PackedBrick>({ ttlMs: TTL_MS, capacity: CAPACITY, clock: systemClock });

  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(ADAPTER_COMPILER) private readonly compiler: AdapterCompiler,
  ) {}

  /** @param files  the version's, asked for only when it must be packed again */
  require(place: ImportPlace, files: () => Promise<readonly StoredFile[]>): Promise<PackedBrick> {
    const key = packedKey(place, this.compiler);
    return this.known.get(key, async () => {
      const info = (await this.store.find(key)) ?? (await this.packAgain(place, await files()));
      return { objectKey: key, bytes: info.bytes, sha256: info.sha256 };
    });
  }

  /** For a base, or a packed form, that is newer than the import. */
  private async packAgain(place: ImportPlace, files: readonly StoredFile[]): Promise<ObjectInfo> {
    const key = packedKey(place, this.compiler);
    const directory = await mkdtemp(join(tmpdir(), 'tessera-pack-'));
    try {
      for (const { name } of files) {
        await pipeline(await this.store.get(fileKey(place, name)), createWriteStream(join(directory, name)));
      }
      const { packed } = await this.compiler.compile(directory);
      return await this.store.put(key, packed);
    } catch (error) {
      const info = error instanceof ConflictError ? await this.store.find(key) : undefined;
      if (!info) throw error;
      return info; // another process was faster
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}
