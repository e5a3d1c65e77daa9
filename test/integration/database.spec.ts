import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLog, type Log } from '../../src/common/log.js';
import { DataDir } from '../../src/database/data-dir.js';
import { loadMigrationFiles } from '../../src/database/migration-files.js';
import { migrateDown, migrateUp } from '../../src/database/migrations.js';
import { openDatabase, type Database } from '../../src/database/open-database.js';
import { toDataSourceOptions, toPgConfig } from '../../src/database/pg-connection.js';
import { findPostmasterPid, findProcesses } from '../../src/database/postmaster.js';
import { prepareApplicationRole } from '../../src/database/roles.js';
import { execute, TestDatabase } from '../support/servers.js';

const roots: string[] = [];
async function temporaryDirectory(parent = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(parent, 'tessera-db-'));
  roots.push(path);
  return path;
}
afterAll(() => Promise.all(roots.map((path) => rm(path, { recursive: true, force: true }))));

async function query(database: Database, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(toPgConfig(database.connection));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the data directory', () => {
  it('is held by one at a time and free again after release', async () => {
    const path = await temporaryDirectory();
    const held = await DataDir.lock(path);
    await expect(DataDir.lock(path)).rejects.toMatchObject({
      code: 'data_dir_in_use',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await held.release();
    await (await DataDir.lock(path)).release();
  });

  it('lets exactly one of ten simultaneous starts in', async () => {
    const path = await temporaryDirectory();
    const starts = await Promise.allSettled(Array.from({ length: 10 }, () => DataDir.lock(path)));
    const held = starts.filter((start) => start.status === 'fulfilled');
    expect(held).toHaveLength(1);
    await held[0]?.value.release();
  });

  it('is refused while a process that shares the directory but not the network holds it, and free once that is killed', async () => {
    const path = await temporaryDirectory();
    const script = `require('net').createServer().listen(${JSON.stringify(join(path, 'lock.sock'))}, () => console.log('up'))`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await expect(DataDir.lock(path)).rejects.toMatchObject({ code: 'data_dir_in_use' });
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('exit', resolve));
    expect(await readdir(path)).toContain('lock.sock');
    await (await DataDir.lock(path)).release();
  });
});

describe('the embedded server', () => {
  const running: Database[] = [];
  const open = async (dataDir: string, log: Log = silentLog) => {
    const database = await openDatabase({ url: undefined, dataDir, log });
    running.push(database);
    return database;
  };
  afterEach(async () => {
    for (const database of running.splice(0)) await database.stop();
  });

  it('keeps its data over an orderly stop and leaves no process behind', async () => {
    const dataDir = await temporaryDirectory();
    const first = await open(dataDir);
    await query(first, 'create table kept (x int); insert into kept values (7)');
    await first.stop();
    expect(await findProcesses(join(dataDir, 'postgres'))).toEqual([]);
    expect(await findPostmasterPid(join(dataDir, 'postgres'))).toBeUndefined();
    expect(await query(await open(dataDir), 'select x from kept')).toEqual([{ x: 7 }]);
  });

  it('is adopted when it is still running', async () => {
    const dataDir = await temporaryDirectory();
    await open(dataDir);
    const pid = await findPostmasterPid(join(dataDir, 'postgres'));
    const messages: string[] = [];
    await open(dataDir, { ...silentLog, info: (_fields, message) => messages.push(message) });
    expect(messages).toContainEqual(expect.stringContaining('adopted'));
    expect(await findPostmasterPid(join(dataDir, 'postgres'))).toBe(pid);
  });

  it('recovers what was committed after kill -9 of all its processes', async () => {
    const dataDir = await temporaryDirectory();
    await query(await open(dataDir), 'create table kept (x int); insert into kept select generate_series(1, 1000)');
    for (const pid of await findProcesses(join(dataDir, 'postgres'))) process.kill(pid, 'SIGKILL');
    expect(await query(await open(dataDir), 'select count(*)::int as n from kept')).toEqual([{ n: 1000 }]);
  });

  it('starts although postmaster.pid names a process that is alive but not PostgreSQL', async () => {
    const dataDir = await temporaryDirectory();
    await (await open(dataDir)).stop();
    await writeFile(join(dataDir, 'postgres/postmaster.pid'), `${process.pid}\n`);
    expect(await query(await open(dataDir), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('throws a half-made cluster away', async () => {
    const dataDir = await temporaryDirectory();
    await mkdir(join(dataDir, 'postgres.new/base'), { recursive: true });
    expect(await query(await open(dataDir), 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await readdir(dataDir)).not.toContain('postgres.new');
  });

  it('works under a path that is too long for a socket', async () => {
    const dataDir = join(await temporaryDirectory(), 'a'.repeat(100));
    await mkdir(dataDir);
    expect(await query(await open(dataDir), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('works below a directory that only its own user may enter', async () => {
    const parent = await temporaryDirectory();
    await chmod(parent, 0o700);
    const dataDir = join(parent, 'data');
    await mkdir(dataDir);
    expect(await query(await open(dataDir), 'select current_user as name')).toEqual([{ name: 'tessera_owner' }]);
    expect(await query(await open(dataDir), 'select 1 as adopted')).toEqual([{ adopted: 1 }]);
  });

  it('says why when it cannot start', async () => {
    const dataDir = await temporaryDirectory();
    await (await open(dataDir)).stop();
    await writeFile(join(dataDir, 'postgres/postgresql.auto.conf'), "no_such_setting = 'x'\n");
    await expect(openDatabase({ url: undefined, dataDir, log: silentLog })).rejects.toThrow(/no_such_setting/);
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('no_such_setting');
  });
});

describe('roles', () => {
  const { superuser } = inject('servers');

  it('refuses a superuser, for whom row-level security does not hold', async () => {
    await expect(prepareApplicationRole(superuser)).rejects.toMatchObject({
      code: 'unsafe_database_role',
      message: expect.stringContaining('superuser'),
    });
  });

  it('refuses a role with bypassrls', async () => {
    const name = `bypass_${randomUUID().replaceAll('-', '')}`;
    await execute(superuser, `create role ${name} login bypassrls`);
    await expect(prepareApplicationRole({ ...superuser, user: name })).rejects.toMatchObject({
      code: 'unsafe_database_role',
    });
    await execute(superuser, `drop role ${name}`);
  });

  it('refuses a role that may not act as the application, and says how to allow it', async () => {
    const name = `outsider_${randomUUID().replaceAll('-', '')}`;
    await execute(superuser, `create role ${name} login`);
    await expect(prepareApplicationRole({ ...superuser, user: name })).rejects.toThrow(/grant tessera_app to/);
    await execute(superuser, `drop role ${name}`);
  });
});

describe('migrations', () => {
  let database: TestDatabase;
  let owner: DataSource;
  beforeAll(async () => {
    database = await TestDatabase.create(inject('servers'), []);
    owner = await new DataSource(toDataSourceOptions(database.connection, { poolSize: 3 })).initialize();
  });
  afterAll(async () => {
    await owner.destroy();
    await database.close();
  });
  const tables = async () => {
    const sql = "select tablename from pg_tables where schemaname = 'public' order by 1";
    return (await owner.query<{ tablename: string }[]>(sql)).map(({ tablename }) => tablename);
  };

  it('go forward, all the way back and forward again', async () => {
    const files = await loadMigrationFiles();
    const before = await tables();
    expect(await migrateUp(owner, files)).toEqual([]);
    expect(await migrateDown(owner, files, files.length)).toEqual(files.map(({ name }) => name).reverse());
    expect(await tables()).toEqual(['schema_migrations']);
    expect(await migrateUp(owner, files)).toEqual(files.map(({ name }) => name));
    expect(await tables()).toEqual(before);
  });

  it('refuse a file that has changed since it was applied', async () => {
    const [first, ...rest] = await loadMigrationFiles();
    await expect(migrateUp(owner, [{ ...first!, checksum: '0'.repeat(64) }, ...rest])).rejects.toMatchObject({
      code: 'migration_changed',
    });
  });

  it('are applied once by processes that start together, and whole or not at all', async () => {
    const files = await loadMigrationFiles();
    const next = {
      name: '9999-next',
      up: 'create table next_one (x int); select pg_sleep(0.2)',
      down: 'drop table next_one',
      checksum: 'c'.repeat(64),
    };
    const applied = await Promise.all([migrateUp(owner, [...files, next]), migrateUp(owner, [...files, next])]);
    expect(applied.flat()).toEqual(['9999-next']);
    await migrateDown(owner, [...files, next], 1);
    await expect(
      migrateUp(owner, [...files, { ...next, up: 'create table half (x int); select 1/0' }]),
    ).rejects.toThrow(/division by zero/);
    expect(await tables()).not.toContain('half');
  });

  it('give every table with a tenant row-level security that binds its owner too', async () => {
    const unprotected = await owner.query(
      "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' and c.relname <> 'schema_migrations' and not (c.relrowsecurity and c.relforcerowsecurity)",
    );
    expect(unprotected).toEqual([]);
  });
});

describe('TenantDb', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.create(inject('servers'), []);
  });
  afterAll(() => database.close());

  it('acts as the application role, and a query outside of it sees nothing', async () => {
    const id = randomUUID();
    await database.tenantDb.runAsAdmin((manager) =>
      manager.query("insert into tenants (id, name) values ($1, 'seen')", [id]),
    );
    expect(await database.source.query('select current_user as name')).toEqual([{ name: 'tessera_app' }]);
    expect(await database.source.query('select * from tenants')).toEqual([]);
    expect(await database.tenantDb.run(id, (manager) => manager.query('select name from tenants'))).toEqual([
      { name: 'seen' },
    ]);
    expect(await database.tenantDb.run(randomUUID(), (manager) => manager.query('select name from tenants'))).toEqual(
      [],
    );
  });

  it('keeps 400 concurrent transactions of two tenants on ten connections apart', async () => {
    const ids = [randomUUID(), randomUUID()];
    await database.tenantDb.runAsAdmin(async (manager) => {
      for (const id of ids)
        await manager.query('insert into tenants (id, name) values ($1, $2)', [id, `t-${id.slice(0, 8)}`]);
    });
    const seen = await Promise.all(
      Array.from({ length: 400 }, async (_, at) => {
        const id = ids[at % 2]!;
        const rows = await database.tenantDb.run(id, (manager) => manager.query('select id from tenants'));
        return rows.length === 1 && rows[0].id === id;
      }),
    );
    expect(seen.filter((isOwn) => !isOwn)).toEqual([]);
  });

  it('refuses a tenant id that is none, and calls a server that is away retryable', async () => {
    expect(() => database.tenantDb.run("x' or true", async () => 1)).toThrow(/UUID/);
    const work = database.tenantDb.runAsAdmin(async (manager) => {
      const [{ pid }] = await manager.query('select pg_backend_pid() as pid');
      await execute(inject('servers').superuser, `select pg_terminate_backend(${pid})`);
      await manager.query('select 1');
    });
    await expect(work).rejects.toMatchObject({ code: 'database_unavailable', retryable: true });
  });
});
