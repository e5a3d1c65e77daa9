import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/config.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { toPublicId } from '../../src/common/public-id.js';
import { TenantDb } from '../../src/database/tenant-db.js';
import type { FineTuningJob } from '../../src/jobs/fine-tuning-job.entity.js';
import type { JobRequest } from '../../src/jobs/job-request.js';
import type { JobStatus } from '../../src/jobs/job-status.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import { QueueModule } from '../../src/jobs/queue.module.js';
import { CHILD_ENTRY } from '../../src/jobs/training-children.js';
import { WorkersModule } from '../../src/jobs/workers.module.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { MetricsModule } from '../../src/metrics/metrics.module.js';
import { FilesService } from '../../src/registry/files.service.js';
import { ADAPTER_COMPILER, LEASES, type AdapterCompiler } from '../../src/registry/ports.js';
import { RegistryService } from '../../src/registry/registry.service.js';
import type { ObjectStore } from '../../src/storage/object-store.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import { QuotasService } from '../../src/tenants/quotas.service.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import { FakeCompiler } from './registry-kit.js';
import type { TestDatabase } from './servers.js';

@Global()
@Module({
  providers: [
    { provide: ADAPTER_COMPILER, useValue: new FakeCompiler() },
    { provide: LEASES, useValue: { isLeased: () => false } },
  ],
  exports: [ADAPTER_COMPILER, LEASES],
})
class EngineStandIn {}

const FAKE_CHILD = new URL('./fake-training-child.mjs', import.meta.url);

export interface WorkerOptions {
  readonly database: TestDatabase;
  readonly store: ObjectStore;
  readonly redisUrl?: string | undefined;
  readonly slots?: number;
  /** Most jobs that train in one batch. */
  readonly group?: number;
  /** The training child; default: the one that only counts. */
  readonly entry?: URL;
  /** Directory of the base; default: the one that is shipped. */
  readonly base?: string;
  /** Default: one that takes any adapter for granted. */
  readonly compiler?: AdapterCompiler;
}

/** One process with the workers of the queues, on a data directory of its own; its trainer is the fake child's. */
export class TestWorker {
  private constructor(
    readonly module: TestingModule,
    readonly dataDir: string,
  ) {}

  static async start(options: WorkerOptions): Promise<TestWorker> {
    const { database, store, redisUrl, slots = 1, group = 1, entry = FAKE_CHILD, base } = options;
    const dataDir = await mkdtemp(join(tmpdir(), 'tessera-worker-'));
    const config = loadConfig({
      DATA_DIR: dataDir,
      TRAINING_SLOTS: String(slots),
      TRAINING_THREADS: '1',
      TRAINING_GROUP: String(group),
      SHUTDOWN_TIMEOUT_MS: '5000',
      ...(base !== undefined && { BASE_MODEL: base }),
    });
    const opened = { connection: database.connection, isEmbedded: false, stop: async () => {} };
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(config),
        MetricsModule.forRoot(new Metrics()),
        DatabaseModule.forRoot(opened),
        StorageModule.forRoot(store),
        EngineStandIn,
        QueueModule.forRoot(redisUrl, opened),
        WorkersModule,
      ],
    })
      .overrideProvider(CHILD_ENTRY)
      .useValue(entry)
      .overrideProvider(ADAPTER_COMPILER)
      .useValue(options.compiler ?? new FakeCompiler())
      .compile();
    await module.init();
    return new TestWorker(module, dataDir);
  }

  get jobs(): JobsService {
    return this.module.get(JobsService, { strict: false });
  }

  get files(): FilesService {
    return this.module.get(FilesService, { strict: false });
  }

  get registry(): RegistryService {
    return this.module.get(RegistryService, { strict: false });
  }

  get quotas(): QuotasService {
    return this.module.get(QuotasService, { strict: false });
  }

  get db(): TenantDb {
    return this.module.get(TenantDb, { strict: false });
  }

  async newTenant(name: string): Promise<string> {
    return (await this.module.get(TenantsService, { strict: false }).create({ name }, {})).id;
  }

  async upload(tenantId: string, text: string, filename = 'data.jsonl'): Promise<string> {
    const file = await this.files.create({ tenantId, filename, purpose: 'fine-tune', body: Buffer.from(text) }, {});
    return toPublicId('file', file.id);
  }

  /** A job over a file; the seed says how the fake trainer behaves. */
  async create(tenantId: string, trainingFile: string, options: Partial<JobOptions> = {}): Promise<FineTuningJob> {
    const {
      seed = 1,
      steps = 12,
      model = 'base',
      suffix = null,
      metadata = {},
      adapter = { method: 'lora' },
      hyperparameters = {},
      objective,
      dataset = {},
    } = options;
    const request = {
      ...{ model, task: 'sequence_classification' as const, adapter, seed, suffix, dataset },
      ...(objective && { objective }),
      hyperparameters: { max_steps: steps, batch_size: 4, ...hyperparameters },
    };
    return this.jobs.create(tenantId, { request, trainingFile, validationFile: null, metadata }, {});
  }

  get(job: Pick<FineTuningJob, 'id' | 'tenantId'>): Promise<FineTuningJob> {
    return this.jobs.require(job.tenantId, toPublicId('ftjob', job.id));
  }

  /** Waits until a job satisfies `isDone`, or is in one of these statuses. */
  async until(
    job: Pick<FineTuningJob, 'id' | 'tenantId'>,
    isDone: readonly JobStatus[] | ((job: FineTuningJob) => boolean),
    timeoutMs = 180_000,
  ): Promise<FineTuningJob> {
    for (const endMs = Date.now() + timeoutMs; ;) {
      const now = await this.get(job);
      if (typeof isDone === 'function' ? isDone(now) : isDone.includes(now.status)) return now;
      if (Date.now() > endMs) throw new Error(`job: expected ${String(isDone)}, got ${JSON.stringify(now)}`);
      await sleep(20);
    }
  }

  /** Messages of a job's events, oldest first. */
  async messages({ id, tenantId }: Pick<FineTuningJob, 'id' | 'tenantId'>): Promise<string[]> {
    const { events } = await this.jobs.events(tenantId, toPublicId('ftjob', id), { limit: 1000, oldestFirst: true });
    return events.map(({ message }) => message);
  }

  /** Directories of runs on this machine. */
  runs(): Promise<string[]> {
    return readdir(join(this.dataDir, 'runs'));
  }

  async stop(): Promise<void> {
    await this.module.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

interface JobOptions {
  seed: number;
  steps: number;
  model: string;
  suffix: string | null;
  metadata: Record<string, string>;
  adapter: JobRequest['adapter'];
  hyperparameters: Record<string, number>;
  objective: NonNullable<JobRequest['objective']>;
  dataset: JobRequest['dataset'];
}
