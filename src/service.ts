import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { Closers } from './common/closers.js';
import { ValidationError } from './common/errors.js';
import { version } from './common/package.js';
import type { Config } from './config/config.js';
import { DataDir } from './database/data-dir.js';
import { openDatabase } from './database/open-database.js';
import { UPLOADS } from './http/adapter-import.service.js';
import { banner } from './http/banner.js';
import { createApp } from './http/create-app.js';
import { ensureDefaultTenant, examplesFor } from './http/first-boot.js';
import { Readiness } from './http/readiness.js';
import { StartingServer } from './http/starting-server.js';
import { UnusedConnections } from './http/unused-connections.js';
import { Metrics } from './metrics/metrics.js';
import { directorySource } from './models/directory-source.js';
import { openBaseWithTokenizer } from './models/open.js';
import { createRuntime, workerEntry } from './runtime/create-runtime.js';
import { ImportThread } from './runtime/import-thread.js';
import { SupervisedRuntime } from './runtime/supervised-runtime.js';
import { baseDirectory } from './serving/base-directory.js';
import type { Engine } from './serving/engine.module.js';
import { Residency } from './serving/residency.js';
import { openObjectStore } from './storage/open-object-store.js';
import { ensureAdminKey } from './tenants/key-file.js';
import { KeysService } from './tenants/keys.service.js';

const ADMIN_KEY = 'admin.key';
const DEFAULT_KEY = 'default.key';
const IDLE_CHECK_MS = 50;
/** How long the import thread waits for the next adapter. */
const IMPORT_IDLE_MS = 60_000;

/**
 * One process of the service: stopped → starting → ready → stopping → stopped. While it starts, its port says that it is
 * alive and not ready. What was opened is closed in the opposite order, also when the start fails half-way.
 */
export class Service {
  private readonly closers: Closers;
  private app: NestFastifyApplication | undefined;
  private isListening = false;

  constructor(
    private readonly config: Config,
    private readonly log: Logger,
  ) {
    this.closers = new Closers(log);
  }

  async start({ onEngineLost }: { onEngineLost: () => void }): Promise<void> {
    const { config, log, closers } = this;
    requireSharedPlaces(config);
    const dataDir = await DataDir.lock(config.dataDir);
    closers.add('data directory', () => dataDir.release());
    await emptyDirectory(join(config.dataDir, UPLOADS));

    const starting = await StartingServer.listen(config.host, config.port);
    closers.add('starting server', () => starting.close());
    const metrics = new Metrics();
    metrics.start();
    const database = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, log });
    closers.add('database', () => database.stop());
    const store = await openObjectStore(config);
    const engine = await this.startEngine(onEngineLost);
    metrics.buildInfo.set(buildLabels(engine), 1);

    const module = AppModule.forRoot({ config, metrics, database, store, engine });
    const app = await createApp(module, config, log);
    this.app = app;
    const unused = new UnusedConnections(app.getHttpServer());
    closers.add('application', () => this.closeApp(app, unused));
    await app.init();
    const greet = config.role === 'worker' ? undefined : await this.firstBoot(app, engine.runtime.base.name);

    await starting.close();
    await app.listen(starting.port, config.host);
    this.isListening = true;
    app.get(Readiness, { strict: false }).setReady();
    const url = `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${starting.port}`;
    log.info({ url, base: engine.runtime.base, version: version() }, 'ready');
    process.stderr.write(greet?.(url) ?? '');
  }

  async stop(): Promise<void> {
    this.app?.get(Readiness, { strict: false }).setStopping();
    await this.closers.close();
  }

  private async startEngine(onLost: () => void): Promise<Engine> {
    const { config, closers, log } = this;
    const directory = await baseDirectory(config);
    const base = await openBaseWithTokenizer(directorySource(directory));
    const settings = {
      place: 'worker',
      name: basename(directory),
      directory,
      engine: config.engine,
      precision: config.precision,
      threads: config.threads,
      cacheDir: join(config.dataDir, 'engine'),
    } as const;
    const runtime = await SupervisedRuntime.start({
      start: (onExit) => createRuntime({ ...settings, onExit }),
      onLost: (error) => this.loseEngine(error),
      onBack: () => this.regainEngine(),
      onGivenUp: (error) => {
        log.error({ err: error }, 'the engine is given up');
        onLost();
      },
    });
    closers.add('engine', () => runtime.stop());
    const importer = new ImportThread({
      input: { directory, stamp: base.stamp },
      entry: workerEntry('import-worker'),
      idleMs: IMPORT_IDLE_MS,
    });
    closers.add('import thread', () => importer.stop());
    return { base: { ...base, digest: runtime.base.digest }, runtime, importer };
  }

  private loseEngine(error: Error): void {
    this.log.error({ err: error }, 'the engine ended; it is started again');
    this.app?.get(Metrics, { strict: false }).engineDeaths.inc();
    this.app?.get(Readiness, { strict: false }).setRestarting();
    this.app?.get(Residency, { strict: false }).forget();
  }

  private regainEngine(): void {
    this.log.info('the engine is back');
    const restored = this.app?.get(Residency, { strict: false }).restore();
    restored?.catch((error: unknown) => this.log.error({ err: error }, 'a pinned adapter was not loaded again'));
    if (this.isListening) this.app?.get(Readiness, { strict: false }).setReady();
  }

  /** Makes the keys that a new service needs; gives the banner that says where they are. */
  private async firstBoot(app: NestFastifyApplication, baseName: string): Promise<(url: string) => string> {
    const { dataDir } = this.config;
    const { path } = await ensureAdminKey(app.get(KeysService, { strict: false }), join(dataDir, ADMIN_KEY));
    const defaultKey = await this.defaultKey(app, baseName);
    const hasExamples = (await examplesFor(baseName)).length > 0;
    return (url) => banner({ url, adminKey: path, defaultKey, hasExamples });
  }

  private defaultKey(app: NestFastifyApplication, baseName: string): Promise<string | undefined> {
    if (!this.config.hasDefaultTenant) return Promise.resolve(undefined);
    return ensureDefaultTenant(app, { keyFile: join(this.config.dataDir, DEFAULT_KEY), baseName, log: this.log });
  }

  /** Takes no new request, waits for those under way, and at the limit cuts off what is left. */
  private async closeApp(app: NestFastifyApplication, unused: UnusedConnections): Promise<void> {
    const server = app.getHttpServer();
    // A connection that was busy when the server closed stays open after its answer, waiting for more.
    const idle = setInterval(() => {
      server.closeIdleConnections();
      unused.close();
    }, IDLE_CHECK_MS);
    const limit = setTimeout(() => server.closeAllConnections(), this.config.limits.shutdownTimeoutMs);
    try {
      await app.close();
    } finally {
      clearInterval(idle);
      clearTimeout(limit);
    }
  }
}

function buildLabels({ runtime: { base } }: Engine): { version: string; node: string; engine: string; base: string } {
  return { version: version(), node: process.version, engine: base.engine, base: base.name };
}

async function emptyDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Several processes work together through a database and an object store that all of them reach. */
function requireSharedPlaces({ role, databaseUrl, s3 }: Config): void {
  if (role !== 'worker' || (databaseUrl !== undefined && s3 !== undefined)) return;
  throw new ValidationError(
    'ROLE: expected DATABASE_URL and S3_ENDPOINT to be set for worker, since it shares both with the API, got one of them unset',
  );
}
