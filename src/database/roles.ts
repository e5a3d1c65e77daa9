import { Client } from 'pg';
import { ForbiddenError, ValidationError } from '../common/errors.js';
import { APPLICATION_ROLE, toPgConfig, withDatabase, type PgConnection } from './pg-connection.js';

export const OWNER_ROLE = 'tessera_owner';
const MIN_SERVER_VERSION = 160_000;

/** Makes the owner role and its database on our own server; nothing when they are there. */
export async function createOwnerAndDatabase(superuser: PgConnection, database: string): Promise<void> {
  await withClient(superuser, async (client) => {
    if (!(await hasRole(client, OWNER_ROLE))) {
      await client.query(`create role ${OWNER_ROLE} login createrole nosuperuser nobypassrls`);
    }
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)} owner ${OWNER_ROLE}`);
  });
}

export function ownerConnection(superuser: PgConnection, database: string): PgConnection {
  const connection = withDatabase(superuser, database);
  return 'url' in connection ? connection : { ...connection, user: OWNER_ROLE };
}

/**
 * Makes the application role where it is absent and proves that row-level security binds both roles: PostgreSQL skips
 * it, without a word, for superusers and roles with BYPASSRLS.
 *
 * @throws ForbiddenError  when a role could see every tenant's rows, or the owner may not use the application role
 */
export async function prepareApplicationRole(owner: PgConnection): Promise<void> {
  await withClient(owner, async (client) => {
    await expectServerVersion(client);
    await expectBoundByPolicies(client, 'DATABASE_URL');
    if (!(await hasRole(client, APPLICATION_ROLE))) await createApplicationRole(client);
    await enterApplicationRole(client);
    await expectBoundByPolicies(client, APPLICATION_ROLE);
  });
}

async function createApplicationRole(client: Client): Promise<void> {
  await client.query(`create role ${APPLICATION_ROLE} nologin nosuperuser nobypassrls`).catch((cause: unknown) => {
    throw refusal('to be able to create it', cause);
  });
  await client.query(`grant ${APPLICATION_ROLE} to current_user`);
}

async function enterApplicationRole(client: Client): Promise<void> {
  await client.query(`set role ${APPLICATION_ROLE}`).catch((cause: unknown) => {
    throw refusal('to be a member of it', cause);
  });
}

function refusal(expected: string, cause: unknown): ForbiddenError {
  return new ForbiddenError(
    `DATABASE_URL: role ${APPLICATION_ROLE}: expected the connecting role ${expected}, got ${(cause as Error).message}; ` +
      `as a superuser run: create role ${APPLICATION_ROLE} nologin; grant ${APPLICATION_ROLE} to <the connecting role>;`,
    { code: 'unusable_database_role', cause },
  );
}

async function expectBoundByPolicies(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ rolname: string; rolsuper: boolean; rolbypassrls: boolean }>(
    'select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user',
  );
  const [role] = rows;
  if (role && !role.rolsuper && !role.rolbypassrls) return;
  throw new ForbiddenError(
    `${name}: expected a role that row-level security binds (nosuperuser, nobypassrls), got ${role?.rolname ?? 'none'} ` +
      `with ${role?.rolsuper ? 'superuser' : 'bypassrls'}; make one: create role ${OWNER_ROLE} login createrole password '…'; ` +
      `create database tessera owner ${OWNER_ROLE};`,
    { code: 'unsafe_database_role' },
  );
}

async function expectServerVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
  const version = Number(rows[0]?.server_version_num);
  if (version >= MIN_SERVER_VERSION) return;
  throw new ValidationError(`DATABASE_URL: expected PostgreSQL 16 or later, got version number ${version}`);
}

async function hasRole(client: Client, name: string): Promise<boolean> {
  return (await client.query('select from pg_roles where rolname = $1', [name])).rowCount === 1;
}

async function withClient(connection: PgConnection, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(toPgConfig(connection));
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
