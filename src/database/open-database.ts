import { DataSource } from 'typeorm';
import type { Log } from '../common/log.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { loadMigrationFiles } from './migration-files.js';
import { migrateUp } from './migrations.js';
import { toDataSourceOptions, type PgConnection } from './pg-connection.js';
import { createOwnerAndDatabase, ownerConnection, prepareApplicationRole } from './roles.js';

const DATABASE_NAME = 'tessera';

/** Nest token of the one Database. */
export const DATABASE = Symbol('Database');

/** A database that is migrated and safe to use. */
export interface Database {
  /** As the owner; application sessions take the application role on top. */
  readonly connection: PgConnection;
  /** Our own server: no other process uses it, as the lock of DATA_DIR sees to. */
  readonly isEmbedded: boolean;
  /** Stops the embedded server; call it when nothing uses it any more. */
  stop(): Promise<void>;
}

/** Opens the database of `url`, or starts the embedded one in `dataDir`, whose lock the caller holds. */
export async function openDatabase(options: { url: string | undefined; dataDir: string; log: Log }): Promise<Database> {
  const { url, dataDir, log } = options;
  if (url !== undefined) return prepared({ connection: { url }, isEmbedded: false, stop: async () => {} }, log);
  const server = await EmbeddedPostgres.start(dataDir, log);
  try {
    await createOwnerAndDatabase(server.superuser, DATABASE_NAME);
    const connection = ownerConnection(server.superuser, DATABASE_NAME);
    return await prepared({ connection, isEmbedded: true, stop: () => server.stop() }, log);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function prepared(database: Database, log: Log): Promise<Database> {
  await prepareApplicationRole(database.connection);
  await migrate(database.connection, log);
  return database;
}

/** Brings the schema up to date, as the owner. */
export async function migrate(connection: PgConnection, log: Log): Promise<void> {
  const owner = new DataSource(toDataSourceOptions(connection, { poolSize: 1 }));
  await owner.initialize();
  try {
    const names = await migrateUp(owner, await loadMigrationFiles());
    if (names.length > 0) log.info({ migrations: names }, 'migrated the database');
  } finally {
    await owner.destroy();
  }
}
