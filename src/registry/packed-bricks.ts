import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { WEIGHTS_FILE } from '../adapters/whole-model.js';
import { systemClock } from '../common/clock.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import { TimedCache } from '../common/timed-cache.js';
import { OBJECT_STORE, type ObjectInfo, type ObjectStore } from '../storage/object-store.js';
import { putOnce } from '../storage/put-once.js';
import type { StoredFile } from './adapter-version.js';
import { isManifest, manifestKey, openWeights, readManifest } from './model-manifest.js';
import { arrowKey, fileKey, packedKey, packedPrefix, type ImportPlace } from './object-layout.js';
import { ADAPTER_COMPILER, type AdapterCompiler, type CompiledAdapter } from './ports.js';

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

  /** What Arrow weighs the brick by; derived from it where that was not done yet. */
  requireArrow(place: ImportPlace, files: () => Promise<readonly StoredFile[]>): Promise<PackedBrick> {
    const key = arrowKey(place, this.compiler);
    return this.known.get(key, async () => {
      const info = (await this.store.find(key)) ?? (await this.deriveArrow(key, await this.require(place, files)));
      return { objectKey: key, bytes: info.bytes, sha256: info.sha256 };
    });
  }

  /** Of a version that is a model of its own. @throws IncompatibleAdapterError  when it was made on another base */
  requireModel(place: ImportPlace, files: () => Promise<readonly StoredFile[]>): Promise<PackedBrick> {
    const key = manifestKey(packedKey(place, this.compiler));
    return this.known.get(key, async () => {
      if ((await this.store.find(key)) === undefined) await this.writeManifestAgain(place, await files());
      const { packed } = await readManifest(this.store, key);
      return { objectKey: key, bytes: packed.bytes, sha256: packed.sha256 };
    });
  }

  /** model.safetensors of a version that is a model of its own. */
  async openWeights(place: ImportPlace): Promise<Readable> {
    return this.openWeightsBy(await this.requireManifest(place));
  }

  private async openWeightsBy(key: string): Promise<Readable> {
    const manifest = await readManifest(this.store, key);
    return openWeights(this.store, manifest, (name) => this.compiler.baseTensor(name));
  }

  /** Key of a manifest of this base, in whatever packed form. */
  private async requireManifest(place: ImportPlace): Promise<string> {
    for await (const { key } of this.store.list(packedPrefix(place, this.compiler.baseDigest))) {
      if (isManifest(key)) return key;
    }
    throw new IncompatibleAdapterError(`${place.digest}: expected a model made on this base, got one of another`);
  }

  /** For a packed form that is newer than the import; the tensors stay as they are. */
  private async writeManifestAgain(place: ImportPlace, files: readonly StoredFile[]): Promise<void> {
    const known = await this.requireManifest(place);
    const open = ({ name }: StoredFile) =>
      name === WEIGHTS_FILE ? this.openWeightsBy(known) : this.store.get(fileKey(place, name));
    const manifest = await readManifest(this.store, known);
    const { model } = await this.compileAgain(files, open);
    const body = Buffer.from(JSON.stringify({ ...manifest, ...(model && { packed: model.packed }) }));
    await putOnce(this.store, manifestKey(packedKey(place, this.compiler)), body);
  }

  /** For a base, or a packed form, that is newer than the import. */
  private async packAgain(place: ImportPlace, files: readonly StoredFile[]): Promise<ObjectInfo> {
    const { packed } = await this.compileAgain(files, ({ name }) => this.store.get(fileKey(place, name)));
    return putOnce(this.store, packedKey(place, this.compiler), packed);
  }

  private async deriveArrow(key: string, { objectKey, sha256 }: PackedBrick): Promise<ObjectInfo> {
    const packed = await this.store.read(objectKey, { sha256 });
    return putOnce(this.store, key, await this.compiler.arrowGates(packed));
  }

  private async compileAgain(
    files: readonly StoredFile[],
    open: (file: StoredFile) => Promise<Readable>,
  ): Promise<CompiledAdapter> {
    const directory = await mkdtemp(join(tmpdir(), 'tessera-pack-'));
    try {
      for (const file of files) await pipeline(await open(file), createWriteStream(join(directory, file.name)));
      return await this.compiler.compile(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}
