import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { adapterFileLimitBytes } from '../adapters/files.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import type { Actor } from '../tenants/principal.js';
import type { StoredFile } from './adapter-version.js';
import { ModelStore } from './model-store.js';
import { fileKey, packedKey, type ImportPlace } from './object-layout.js';
import { ADAPTER_COMPILER, type AdapterCompiler, type CompiledAdapter } from './ports.js';
import {
  expectTarget,
  VersionMaker,
  type MadeVersion,
  type StoredContent,
  type VersionDraft,
  type VersionTarget,
} from './version-maker.js';

export interface ImportRequest extends VersionTarget {
  /** Local directory with the files, flat; it stays the caller's. */
  readonly directory: string;
}

/** Makes versions of uploaded adapters: the files are read and resolved, then stored; see `VersionMaker`. */
@Injectable()
export class ImportService {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(ADAPTER_COMPILER) private readonly compiler: AdapterCompiler,
    private readonly models: ModelStore,
    private readonly versions: VersionMaker,
  ) {}

  /**
   * @throws ValidationError | TooLargeError | IncompatibleAdapterError  for files that cannot be served, with the reason
   * @throws QuotaExceededError  when the tenant would have too many adapters, or too many bytes of them
   */
  async import(request: ImportRequest, actor: Actor): Promise<MadeVersion> {
    const { target, content } = await this.draft(request);
    return this.versions.make(target, content, actor);
  }

  /** The version that an import would make, for one that is made together with others. @throws as `import` */
  async draft({ directory, ...target }: ImportRequest): Promise<VersionDraft> {
    expectTarget(target);
    const compiled = await this.compiler.compile(directory);
    const { digest, summary } = compiled;
    const store = (place: ImportPlace): Promise<StoredContent> => this.storeFiles(place, directory, compiled);
    return { target, content: { digest, summary, store } };
  }

  private async storeFiles(place: ImportPlace, directory: string, compiled: CompiledAdapter): Promise<StoredContent> {
    if (compiled.model) return this.models.put(place, directory, compiled.model);
    const files: StoredFile[] = [];
    for (const name of (await readdir(directory)).filter((file) => adapterFileLimitBytes(file) !== undefined).sort()) {
      const { bytes, sha256 } = await this.store.put(fileKey(place, name), createReadStream(join(directory, name)));
      files.push({ name, bytes, sha256 });
    }
    await this.store.put(packedKey(place, this.compiler), compiled.packed);
    return { files, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
  }
}
