import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { silentLog } from '../../src/common/log.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/open-database.js';
import {
  APPLICATION_ROLE,
  toDataSourceOptions,
  toPgConfig,
  withDatabase,
  type PgConnection,
} from '../../src/database/pg-connection.js';
import {
  createOwnerAndDatabase,
  OWNER_ROLE,
  ownerConnection,
  prepareApplicationRole,
} from '../../src/database/roles.js';
import { TenantDb } from '../../src/database/tenant-db.js';

const TEMPLATE = 'tessera_template';

/** What the global set-up tells the spec files. */
export interface TestServers {
  readonly superuser: PgConnection;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: TestServers;
  }
}

/** One PostgreSQL server for a whole run, with a migrated template database that each spec file clones. */
export async function startServers(): Promise<{ servers: TestServers; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tessera-test-'));
  const server = await EmbeddedPostgres.start(dataDir, silentLog);
  await createOwnerAndDatabase(server.superuser, TEMPLATE);
  const template = ownerConnection(server.superuser, TEMPLATE);
  await prepareApplicationRole(template);
  await migrate(template, silentLog);
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { servers: { superuser: server.superuser }, stop };
}

/** A migrated database of one spec file. */
export class TestDatabase {
  private constructor(
    readonly connection: PgConnection,
    readonly source: DataSource,
    readonly tenantDb: TenantDb,
    private readonly drop: () => Promise<void>,
  ) {}

  static async create(
    { superuser }: TestServers,
    entities: readonly EntityTarget<ObjectLiteral>[],
  ): Promise<TestDatabase> {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    await execute(superuser, `create database ${name} template ${TEMPLATE} owner ${OWNER_ROLE}`);
    const connection = ownerConnection(withDatabase(superuser, name), name);
    const source = new DataSource({
      ...toDataSourceOptions(connection, { role: APPLICATION_ROLE, poolSize: 10 }),
      entities: [...entities] as never[],
    });
    await source.initialize();
    return new TestDatabase(connection, source, new TenantDb(source), () =>
      execute(superuser, `drop database ${name} with (force)`),
    );
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.drop();
  }
}

export async function execute(connection: PgConnection, sql: string): Promise<void> {
  const client = new Client(toPgConfig(connection));
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
