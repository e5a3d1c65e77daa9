import { Inject, Module, type FactoryProvider, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import { unpackBrick } from '../adapters/packed.js';
import { routerPart } from '../adapters/routing/router-parts.js';
import { CONFIG, type Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { isManifest, readPackedModel } from '../registry/model-manifest.js';
import { RegistryModule } from '../registry/registry.module.js';
import { RegistryService } from '../registry/registry.service.js';
import type { Runtime } from '../runtime/protocol.js';
import { OBJECT_STORE, type ObjectStore } from '../storage/object-store.js';
import { QuotasService } from '../tenants/quotas.service.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { Admission } from './admission.js';
import { Batcher } from './batcher.js';
import type { BrickRef } from './brick-ref.js';
import { BrickTiers } from './brick-tiers.js';
import { BrickTraitsReader } from './brick-traits.js';
import { ComposedModels } from './composed-models.js';
import { ComposingService } from './composing.service.js';
import { DiskCache } from './disk-cache.js';
import { BASE_MODEL, RUNTIME, type ServedBase } from './engine.module.js';
import { FairQueue } from './fair-queue.js';
import { Inference } from './inference.js';
import { InferenceService } from './inference.service.js';
import { limitsOf } from './limits.js';
import { PromptCalibration } from './prompt-calibration.service.js';
import { RegistryCatalog } from './registry-catalog.service.js';
import { Residency } from './residency.js';
import { ResidencyService } from './residency.service.js';
import { MODEL_CATALOG, type ModelCatalog } from './served-model.js';
import type { Job } from './submission.js';
import { VersionLeases } from './version-leases.js';
import { VersionRemovalService } from './version-removal.service.js';

/** A provider made by a function of others. */
function made(
  provide: FactoryProvider['provide'],
  inject: FactoryProvider['inject'],
  useFactory: FactoryProvider['useFactory'],
) {
  return { provide, inject: inject ?? [], useFactory };
}

const tiers = made(
  BrickTiers,
  [CONFIG, OBJECT_STORE, Metrics],
  async (config: Config, store: ObjectStore, metrics: Metrics) => {
    const onDrop = (): void => metrics.residencyEvictions.inc({ tier: 'disk' });
    // With files as the object store, the store is the local disk.
    const disk = config.s3 && (await DiskCache.open(join(config.dataDir, 'bricks'), config.diskCacheBytes, onDrop));
    const readObject = (key: string, sha256: string): Promise<Uint8Array> =>
      isManifest(key) ? readPackedModel(store, key, sha256) : store.read(key, { sha256 });
    return new BrickTiers({ hostBytes: config.hostCacheBytes, ...(disk && { disk }), readObject, metrics });
  },
);

const residency = made(
  Residency,
  [CONFIG, RUNTIME, BrickTiers, Metrics],
  ({ poolBytes: capacityBytes, maxModels }: Config, runtime: Runtime, tiers: BrickTiers, metrics: Metrics) => {
    const fetch = async (ref: BrickRef) => {
      const brick = unpackBrick(await tiers.fetch(ref));
      return ref.part === undefined ? brick : routerPart(brick, ref.part);
    };
    return new Residency({ capacityBytes, maxModels, runtime, metrics, fetch });
  },
);

const batcher = made(
  Batcher,
  [CONFIG, RUNTIME, Residency, Metrics],
  ({ limits }: Config, runtime: Runtime, residency: Residency, metrics: Metrics) =>
    new Batcher({
      runtime,
      residency,
      metrics,
      // One tenant may fill half of the queue, so that another always finds room.
      queue: new FairQueue<Job>({ maxItems: limits.queueRows, maxItemsPerTenant: Math.ceil(limits.queueRows / 2) }),
      limits: { maxTokens: limits.batchTokens, maxRows: limits.batchRows },
    }),
);

const inference = made(
  Inference,
  [CONFIG, RUNTIME, BASE_MODEL, MODEL_CATALOG, Admission, QuotasService, VersionLeases, Batcher, Metrics],
  (
    { limits }: Config,
    { base }: Runtime,
    { tokenizer }: ServedBase,
    catalog: ModelCatalog,
    admission: Admission,
    quotas: QuotasService,
    leases: VersionLeases,
    batcher: Batcher,
    metrics: Metrics,
  ) =>
    new Inference({
      base,
      tokenizer,
      catalog,
      admission,
      limitsOf: async (tenantId) => limitsOf(await quotas.get(tenantId)),
      leases,
      batcher,
      metrics,
      maxInputs: limits.inputs,
      timeoutMs: limits.requestTimeoutMs,
    }),
);

/** From a model name and inputs to an answer. Imports what it needs of tenants and registry; the engine is global. */
@Module({
  imports: [TenantsModule, RegistryModule],
  providers: [
    tiers,
    residency,
    batcher,
    inference,
    made(Admission, [Metrics], (metrics: Metrics) => new Admission(metrics)),
    made(BrickTraitsReader, [BrickTiers], (tiers: BrickTiers) => new BrickTraitsReader(tiers)),
    made(
      ComposedModels,
      [RegistryService, BrickTraitsReader, BASE_MODEL],
      (registry: RegistryService, traits: BrickTraitsReader, base: ServedBase) =>
        new ComposedModels(registry, traits, base),
    ),
    ComposingService,
    RegistryCatalog,
    { provide: MODEL_CATALOG, useExisting: RegistryCatalog },
    InferenceService,
    PromptCalibration,
    ResidencyService,
    VersionRemovalService,
  ],
  exports: [
    Admission,
    BrickTiers,
    ComposingService,
    Inference,
    InferenceService,
    MODEL_CATALOG,
    PromptCalibration,
    Residency,
    ResidencyService,
    VersionRemovalService,
  ],
})
export class ServingModule implements OnApplicationShutdown {
  constructor(
    private readonly batcher: Batcher,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Comes after the HTTP server has closed, so nothing new arrives; what a cut-off client left behind still ends. */
  async onApplicationShutdown(): Promise<void> {
    await this.batcher.drain(this.config.limits.shutdownTimeoutMs);
  }
}
