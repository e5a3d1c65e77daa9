import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { WEIGHTS_FILE, wholeModelFiles, type WholeModelLayout } from '../adapters/whole-model.js';
import { StorageError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { putOnce } from '../storage/put-once.js';
import type { StoredFile } from './adapter-version.js';
import { manifestKey, type ModelManifest } from './model-manifest.js';
import { fileKey, packedKey, tensorKey, type ImportPlace } from './object-layout.js';
import { ADAPTER_COMPILER, type AdapterCompiler } from './ports.js';
import { holdTensors } from './tensor-refs.js';

/** What a model takes in the store: its files as they can be had again, and the bytes of its own. */
export interface StoredModel {
  readonly files: readonly StoredFile[];
  /** Of the small files and of the tensors that are not the base's. */
  readonly bytes: number;
}

/** Stores versions that are models of their own: each tensor once for the tenant, the base's own not at all. */
@Injectable()
export class ModelStore {
  constructor(
    private readonly db: TenantDb,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(ADAPTER_COMPILER) private readonly compiler: AdapterCompiler,
  ) {}

  /** For an import that is announced; what it stores goes with the announcement. */
  async put(place: ImportPlace, directory: string, model: WholeModelLayout): Promise<StoredModel> {
    const { weights, packed, fromBase } = model;
    const own = weights.tensors.filter(({ name }) => fromBase[name] === undefined);
    await this.db.run(place.tenantId, (manager) => holdTensors(manager, place, own));
    await this.putTensors(place.tenantId, join(directory, WEIGHTS_FILE), model);
    const files: StoredFile[] = [{ name: WEIGHTS_FILE, bytes: weights.bytes, sha256: weights.sha256 }];
    let bytes = [...new Map(own.map((held) => [held.sha256, held.bytes])).values()].reduce((a, b) => a + b, 0);
    for (const name of await wholeModelFiles(directory)) {
      if (name === WEIGHTS_FILE) continue;
      const info = await this.store.put(fileKey(place, name), createReadStream(join(directory, name)));
      files.push({ name, bytes: info.bytes, sha256: info.sha256 });
      bytes += info.bytes;
    }
    const { tenantId } = place;
    const manifest: ModelManifest = { tenantId, baseDigest: this.compiler.baseDigest, weights, packed, fromBase };
    await this.store.put(manifestKey(packedKey(place, this.compiler)), Buffer.from(JSON.stringify(manifest)));
    return { files, bytes };
  }

  private async putTensors(tenantId: string, path: string, { weights, fromBase }: WholeModelLayout): Promise<void> {
    let start = Buffer.from(weights.header, 'base64').byteLength;
    for (const { name, sha256, bytes } of weights.tensors) {
      const end = start + bytes;
      if (fromBase[name] === undefined && bytes > 0) {
        await this.putTensor(tensorKey(tenantId, sha256), path, { start, end: end - 1, sha256 });
      }
      start = end;
    }
  }

  /** @throws StorageError  when the bytes there, or those that were read of the file, are not the tensor's */
  private async putTensor(
    key: string,
    path: string,
    part: { start: number; end: number; sha256: string },
  ): Promise<void> {
    const { sha256, ...range } = part;
    const known = await this.store.find(key);
    const info = known ?? (await putOnce(this.store, key, createReadStream(path, range)));
    if (info.sha256 === sha256) return;
    if (known === undefined) await this.store.delete(key);
    throw new StorageError(`object ${key}: expected content of sha256 ${sha256}, got ${info.sha256}`, {
      code: 'object_corrupted',
    });
  }
}
