import type { ClientConfig } from 'pg';
import type { DataSourceOptions } from 'typeorm';

/** How to reach one database as one role: by URL, or by the directory of a unix socket. */
export type PgConnection =
  { readonly url: string } | { readonly socketDir: string; readonly user: string; readonly database: string };

/** The role whose rights application transactions have; its name is fixed, as migrations grant to it. */
export const APPLICATION_ROLE = 'tessera_app';

export function toPgConfig(connection: PgConnection): ClientConfig {
  if ('url' in connection) return { connectionString: connection.url };
  return { host: connection.socketDir, user: connection.user, database: connection.database };
}

/** Options of a TypeORM data source whose sessions act as `role`, or as the connection's own role. */
export function toDataSourceOptions(
  connection: PgConnection,
  { role, poolSize }: { role?: string; poolSize: number },
): Extract<DataSourceOptions, { type: 'postgres' }> {
  const target =
    'url' in connection
      ? { url: connection.url }
      : { host: connection.socketDir, username: connection.user, database: connection.database };
  return {
    type: 'postgres',
    ...target,
    poolSize,
    applicationName: 'tessera',
    extra: { ...(role === undefined ? {} : { options: `-c role=${role}` }), connectionTimeoutMillis: 10_000 },
  };
}

/** The same server and role, another database. */
export function withDatabase(connection: PgConnection, database: string): PgConnection {
  if (!('url' in connection)) return { ...connection, database };
  const url = new URL(connection.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}
