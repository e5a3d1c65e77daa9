import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createOnnxExecutor } from '../../engine/executors/onnx.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { BaseModel } from '../../models/base-model.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { EngineHost } from '../../runtime/engine-host.js';
import type { GoldenSet } from './golden-set.js';

/** A base of the set, loaded and ready. */
export class OpenBase {
  private readonly heads = new Map<string, boolean>();

  constructor(
    readonly model: BaseModel,
    readonly executor: Executor,
    readonly runtime: EngineHost,
  ) {}

  noteHead(brick: string, hasHead: boolean): void {
    this.heads.set(brick, hasHead);
  }

  hasHead(brick: string): boolean {
    return this.heads.get(brick) ?? false;
  }
}

/** Bases of a golden set, each loaded when its first case asks for it. */
export class BasePool {
  private readonly bases = new Map<string, Promise<OpenBase>>();
  private cacheDir: string | undefined;

  constructor(private readonly set: GoldenSet) {}

  open(folder: string): Promise<OpenBase> {
    const known = this.bases.get(folder) ?? this.load(folder);
    this.bases.set(folder, known);
    return known;
  }

  async close(): Promise<void> {
    for (const base of await Promise.allSettled(this.bases.values())) {
      if (base.status === 'fulfilled') await base.value.runtime.stop();
    }
    if (this.cacheDir) await rm(this.cacheDir, { recursive: true, force: true });
  }

  private async load(folder: string): Promise<OpenBase> {
    this.cacheDir ??= await mkdtemp(join(tmpdir(), 'tessera-goldens-'));
    const model = await loadBaseModel(directorySource(this.set.path(folder)));
    const executor = await createOnnxExecutor({
      provider: 'cpu',
      threads: 1,
      cacheDir: join(this.cacheDir, basename(folder)),
    });
    return new OpenBase(model, executor, new EngineHost({ name: basename(folder), base: model, executor }));
  }
}
