import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import { REGISTRY_ENTITIES } from '../../src/registry/registry.module.js';
import type { MadeVersion } from '../../src/registry/version-maker.js';
import type { ObjectStore } from '../../src/storage/object-store.js';
import { TENANT_ENTITIES } from '../../src/tenants/tenants.module.js';
import { FakeObjectStore } from './fake-object-store.js';
import { makeRegistry, removeAdapters, writeAdapter, type RegistryKitOptions } from './registry-kit.js';
import { TestDatabase } from './servers.js';

/** What a spec of the registry works with: a database of the file's own, and the rest of each test's. */
export interface RegistrySpec {
  database: TestDatabase;
  store: FakeObjectStore;
  kit: ReturnType<typeof makeRegistry>;
  tenantId: string;
  /** Who does it all. */
  readonly actor: { readonly keyId: string; readonly requestId: string };
  /** An adapter of `writeAdapter`, of the test's tenant unless told otherwise. */
  readonly importOne: (
    name: string,
    weights: string,
    options?: { readonly alias?: string | null; readonly tenant?: string },
  ) => Promise<MadeVersion>;
  /** The keys of the test's store, or of another one, in order. */
  readonly keys: (of?: ObjectStore) => Promise<string[]>;
}

/** For the top of a spec file: what it gives is made before each test, and cleared away after the last. */
export function useRegistry(options: Pick<RegistryKitOptions, 'compiler'> = {}): RegistrySpec {
  const spec = {
    actor: { keyId: randomUUID(), requestId: 'req-7' },
    async importOne(name, weights, { alias, tenant = spec.tenantId } = {}) {
      const target = { tenantId: tenant, name, ...(alias !== undefined && { alias }) };
      return spec.kit.imports.import({ ...target, directory: await writeAdapter(weights) }, spec.actor);
    },
    async keys(of = spec.store) {
      const found: string[] = [];
      for await (const { key } of of.list('')) found.push(key);
      return found;
    },
  } as RegistrySpec;
  beforeAll(async () => {
    spec.database = await TestDatabase.create(inject('servers'), [...TENANT_ENTITIES, ...REGISTRY_ENTITIES]);
  });
  afterAll(async () => {
    await spec.database.close();
    await removeAdapters();
  });
  beforeEach(async () => {
    spec.store = new FakeObjectStore();
    spec.kit = makeRegistry({ database: spec.database, store: spec.store, ...options });
    spec.tenantId = await spec.kit.makeTenant();
  });
  return spec;
}
