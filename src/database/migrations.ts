import type { DataSource, QueryRunner } from 'typeorm';
import { ConflictError } from '../common/errors.js';
import type { MigrationFile } from './migration-files.js';

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** Any number that every process of ours agrees on; PostgreSQL gives the lock of that number to one at a time. */
const MIGRATION_LOCK = 7_436_001;

/**
 * Applies what is not applied yet, each in a transaction with its row in `schema_migrations`. Processes that start
 * together take turns. A database that is ahead of these files is left alone: schema changes expand first, so that the
 * release before still runs on it.
 *
 * @returns names of those applied now
 * @throws ConflictError  when an applied migration's file has changed since
 */
export async function migrateUp(owner: DataSource, files: readonly MigrationFile[]): Promise<string[]> {
  return exclusively(owner, async (runner) => {
    const applied = await readApplied(runner);
    const pending = files.filter((file) => !isApplied(file, applied));
    for (const { name, up, checksum } of pending) {
      await inTransaction(runner, async () => {
        await runner.query(up);
        await runner.query('insert into schema_migrations (name, checksum) values ($1, $2)', [name, checksum]);
      });
    }
    return pending.map(({ name }) => name);
  });
}

/** Takes back the newest `steps` applied migrations, newest first, with the files' own way back. */
export async function migrateDown(
  owner: DataSource,
  files: readonly MigrationFile[],
  steps: number,
): Promise<string[]> {
  return exclusively(owner, async (runner) => {
    const applied = await readApplied(runner);
    const undone = files
      .filter((file) => isApplied(file, applied))
      .reverse()
      .slice(0, steps);
    for (const { name, down } of undone) {
      await inTransaction(runner, async () => {
        await runner.query(down);
        await runner.query('delete from schema_migrations where name = $1', [name]);
      });
    }
    return undone.map(({ name }) => name);
  });
}

function isApplied({ name, checksum }: MigrationFile, applied: readonly AppliedMigration[]): boolean {
  const before = applied.find((row) => row.name === name);
  if (before && before.checksum !== checksum) {
    throw new ConflictError(
      `migrations: expected ${name} as it was applied (sha256 ${before.checksum}), got sha256 ${checksum}; add a new migration instead`,
      { code: 'migration_changed' },
    );
  }
  return before !== undefined;
}

async function readApplied(runner: QueryRunner): Promise<AppliedMigration[]> {
  await runner.query(
    'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
  );
  return (await runner.query('select name, checksum from schema_migrations')) as AppliedMigration[];
}

/** Runs `use` on one session that holds the migration lock. */
async function exclusively<T>(owner: DataSource, use: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = owner.createQueryRunner();
  try {
    await runner.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await use(runner);
  } finally {
    await runner.query('select pg_advisory_unlock_all()').finally(() => runner.release());
  }
}

async function inTransaction(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  await runner.startTransaction();
  try {
    await work();
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  }
}
