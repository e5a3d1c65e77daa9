import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../src/common/digest.js';
import { IncompatibleAdapterError } from '../../src/common/errors.js';
import { Aliases } from '../../src/registry/aliases.js';
import { ImportService } from '../../src/registry/import.service.js';
import { ModelStore } from '../../src/registry/model-store.js';
import { ModelResolver } from '../../src/registry/model-resolver.js';
import { ObjectSweeper } from '../../src/registry/object-sweeper.js';
import { PackedBricks } from '../../src/registry/packed-bricks.js';
import type { AdapterCompiler, Leases } from '../../src/registry/ports.js';
import { RegistryService } from '../../src/registry/registry.service.js';
import { RemovalService } from '../../src/registry/removal.service.js';
import { CompositionsService } from '../../src/registry/compositions/compositions.service.js';
import { Members } from '../../src/registry/compositions/members.service.js';
import { BrickLibrary } from '../../src/registry/grants/brick-library.service.js';
import { GrantsService } from '../../src/registry/grants/grants.service.js';
import { TrainedBases } from '../../src/registry/trained-bases.js';
import { VersionMaker } from '../../src/registry/version-maker.js';
import type { ObjectStore } from '../../src/storage/object-store.js';
import { AuditService } from '../../src/tenants/audit.service.js';
import { Authenticator } from '../../src/tenants/authenticator.js';
import { KeysService } from '../../src/tenants/keys.service.js';
import { QuotasService } from '../../src/tenants/quotas.service.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import type { TestDatabase } from './servers.js';

/** Takes any adapter_config.json; the weights' bytes are the brick. Refuses the method `bad`. */
export class FakeCompiler implements AdapterCompiler {
  compiled = 0;
  constructor(
    readonly baseDigest = 'ba'.repeat(32),
    readonly formatVersion = 1,
  ) {}

  readonly arrowVersion = 1;
  derived = 0;

  arrowGates(packed: Uint8Array): Promise<Uint8Array> {
    this.derived++;
    return Promise.resolve(Buffer.concat([Buffer.from('arrow '), packed]));
  }

  cutSquad(): Promise<never> {
    return Promise.reject(new IncompatibleAdapterError('squad: expected none of a compiler that reads no files'));
  }

  baseTensor(): Uint8Array {
    return new Uint8Array();
  }

  async compile(dir: string): ReturnType<AdapterCompiler['compile']> {
    this.compiled++;
    const config = JSON.parse(await readFile(join(dir, 'adapter_config.json'), 'utf8')) as Record<string, string>;
    const { method = config['peft_type'] ?? '' } = config;
    if (method === 'bad') throw new IncompatibleAdapterError('method: expected one that is served, got bad');
    const weights = await readFile(join(dir, 'adapter_model.safetensors'));
    const hash = createHash('sha256').update(method).update(weights).digest('hex');
    const summary = { method, task: null, labels: null, details: { bytes: weights.byteLength } };
    return {
      digest: `sha256:${hash}`,
      summary,
      packed: Buffer.concat([Buffer.from(`v${this.formatVersion} `), weights]),
    };
  }
}

const directories: string[] = [];

/** A directory as an upload leaves it; `removeAdapters` takes them all away. */
export async function writeAdapter(weights: string, { method = 'lora' }: { method?: string } = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-adapter-'));
  directories.push(directory);
  await writeFile(join(directory, 'adapter_config.json'), JSON.stringify({ method }));
  await writeFile(join(directory, 'adapter_model.safetensors'), weights);
  return directory;
}

export async function removeAdapters(): Promise<void> {
  await Promise.all(directories.splice(0).map((path) => rm(path, { recursive: true, force: true })));
}

export interface RegistryKitOptions {
  readonly database: TestDatabase;
  readonly store: ObjectStore;
  readonly compiler?: AdapterCompiler;
  readonly isLeased?: (tenantId: string, digest: Digest) => boolean;
  readonly isAlone?: boolean;
}

/** The registry's services over a database and a store, as one process has them. */
export function makeRegistry({
  database,
  store,
  compiler = new FakeCompiler(),
  isLeased = () => false,
  isAlone = true,
}: RegistryKitOptions) {
  const db = database.tenantDb;
  const leases: Leases = { isLeased };
  const audit = new AuditService(db);
  const quotas = new QuotasService(db, audit);
  const tenants = new TenantsService(db, audit, new KeysService(db, audit, new Authenticator(db)));
  const sweeper = new ObjectSweeper(db, store);
  const resolver = new ModelResolver(db, { isAlone });
  const aliases = new Aliases(audit);
  const registry = new RegistryService(db, store, resolver, aliases, new PackedBricks(store, compiler));
  const models = new ModelStore(db, store, compiler);
  const versions = new VersionMaker(db, sweeper, aliases, resolver, quotas, audit);
  const imports = new ImportService(store, compiler, models, versions);
  const grants = new GrantsService(db, audit);
  const library = new BrickLibrary(db);
  const members = new Members(resolver, grants, new TrainedBases(db, compiler));
  const compositions = new CompositionsService(db, store, members, versions);
  const removal = new RemovalService(db, audit, sweeper, resolver, leases);
  const makeTenant = async () => (await tenants.create({ name: `t-${randomUUID().slice(0, 13)}` }, {})).id;
  return {
    audit,
    quotas,
    tenants,
    sweeper,
    registry,
    imports,
    versions,
    removal,
    grants,
    library,
    members,
    compositions,
    makeTenant,
  };
}
