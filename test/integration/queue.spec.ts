import { getQueueToken } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Queue } from 'bullmq';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DatabaseModule } from '../../src/database/database.module.js';
import { TenantDb } from '../../src/database/tenant-db.js';
import { MAINTENANCE } from '../../src/jobs/maintenance.processor.js';
import { MaintenanceModule } from '../../src/jobs/maintenance.module.js';
import { QueueModule } from '../../src/jobs/queue.module.js';
import { ObjectCleanupEntity } from '../../src/registry/object-cleanup.entity.js';
import { ADAPTER_COMPILER, LEASES } from '../../src/registry/ports.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import { FakeObjectStore } from '../support/fake-object-store.js';
import { queueBackend } from '../support/queue-backend.js';
import { FakeCompiler } from '../support/registry-kit.js';
import { TestDatabase } from '../support/servers.js';

@Global()
@Module({
  providers: [
    { provide: ADAPTER_COMPILER, useValue: new FakeCompiler() },
    { provide: LEASES, useValue: { isLeased: () => false } },
  ],
  exports: [ADAPTER_COMPILER, LEASES],
})
class EngineStandIn {}

const [backend, url] = queueBackend();

describe(`the maintenance queue on ${backend}`, () => {
  let database: TestDatabase;
  let module: TestingModule;
  let queue: Queue;
  const store = new FakeObjectStore();

  beforeAll(async () => {
    database = await TestDatabase.create(inject('servers'), []);
    const opened = { connection: database.connection, isEmbedded: false, stop: async () => {} };
    module = await Test.createTestingModule({
      imports: [
        DatabaseModule.forRoot(opened),
        StorageModule.forRoot(store),
        EngineStandIn,
        QueueModule.forRoot(url, opened),
        MaintenanceModule,
      ],
    }).compile();
    await module.init();
    queue = module.get<Queue>(getQueueToken(MAINTENANCE), { strict: false });
  });
  afterAll(async () => {
    await module.close();
    await database.close();
  });

  async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await find();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('is scheduled once, however many processes start', async () => {
    await module
      .get<Queue>(getQueueToken(MAINTENANCE), { strict: false })
      .upsertJobScheduler(MAINTENANCE, { every: 600_000 });
    expect(await queue.getJobSchedulers()).toHaveLength(1);
  });

  it('removes the objects of an import whose time is over, and not those of one under way', async () => {
    const announce = async (dueAt: Date) => {
      const place = { tenantId: randomUUID(), importId: randomUUID(), digest: `sha256:${'a'.repeat(64)}` as const };
      await module.get(TenantDb).runAsAdmin((manager) => manager.insert(ObjectCleanupEntity, { ...place, dueAt }));
      const key = `tenants/${place.tenantId}/adapters/${'a'.repeat(64)}/${place.importId}/files/x.json`;
      await store.put(key, Buffer.from('{}'));
      return key;
    };
    const dead = await announce(new Date(0));
    const alive = await announce(new Date(Date.now() + 60_000));
    const job = await queue.add(MAINTENANCE, {});
    const done = await until(async () => {
      const current = await queue.getJob(job.id!);
      return current?.finishedOn === undefined ? undefined : current;
    });
    expect(done.failedReason).toBeUndefined();
    expect(done.returnvalue).toMatchObject({ removedJobs: 0 });
    expect(await store.find(dead)).toBeUndefined();
    expect(await store.find(alive)).toBeDefined();
  });
});
