import { readFile, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { StorageError } from '../common/errors.js';
import { toPgConfig, type PgConnection } from './pg-connection.js';

const POLL_MS = 50;

/** True when a server answers there now. */
export async function isAnswering(connection: PgConnection): Promise<boolean> {
  const client = new Client({ ...toPgConfig(connection), connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false; // not up, starting or stopping: the caller looks again
  } finally {
    await client.end().catch(() => undefined); // a connection that never opened has nothing to close
  }
}

/** True while the postmaster lives, answering or not. */
export async function isRunning(pgdata: string): Promise<boolean> {
  const pid = await findPostmasterPid(pgdata);
  if (pid === undefined || !isAlive(pid)) return false;
  return process.platform !== 'linux' || (await worksIn(pid, await realpath(pgdata)));
}

/** Ids of PostgreSQL processes that work in the cluster, postmaster or children: those whose working directory it is. */
export async function findProcesses(pgdata: string): Promise<number[]> {
  const postmaster = await findPostmasterPid(pgdata);
  if (process.platform !== 'linux') return postmaster !== undefined && isAlive(postmaster) ? [postmaster] : [];
  const directory = await realpath(pgdata);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => ((await worksIn(Number(pid), directory)) ? Number(pid) : undefined)),
  );
  return found.filter((pid) => pid !== undefined);
}

/** Linux. Processes of PostgreSQL work in their cluster; a reused id does not. */
async function worksIn(pid: number, directory: string): Promise<boolean> {
  return (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === directory;
}

/** The first line of postmaster.pid; the process may be long dead. */
export async function findPostmasterPid(pgdata: string): Promise<number | undefined> {
  const lines = await readFile(join(pgdata, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(lines, 10);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/**
 * Waits until the cluster is either answering or has no process left, so that it can be adopted or started.
 *
 * @returns whether it answers
 */
export async function settle(pgdata: string, connection: PgConnection, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await isAnswering(connection)) return true;
    const pids = await findProcesses(pgdata);
    if (pids.length === 0) break;
    if (Date.now() > deadline) {
      throw new StorageError(
        `embedded PostgreSQL: expected processes ${pids.join(', ')} in ${pgdata} to answer or end within ${timeoutMs} ms, got neither`,
      );
    }
    await sleep(POLL_MS);
  }
  // Nobody is there: a pid in the file is of a dead postmaster, perhaps reused by now, which would keep a new one out.
  await rm(join(pgdata, 'postmaster.pid'), { force: true });
  return false;
}

/** Stops the cluster: fast (transactions rolled back, checkpoint written), and after `timeoutMs` at once. */
export async function stopPostmaster(pgdata: string, timeoutMs: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const pid = await findPostmasterPid(pgdata);
    if (pid === undefined || !isAlive(pid)) return;
    process.kill(pid, signal);
    if (await hasEnded(pgdata, timeoutMs)) return;
  }
  throw new StorageError(
    `embedded PostgreSQL: expected the server in ${pgdata} to end on SIGQUIT, got it still running`,
  );
}

async function hasEnded(pgdata: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if ((await findPostmasterPid(pgdata)) === undefined) return true; // removed by the postmaster as its last act
    if ((await findProcesses(pgdata)).length === 0) return true;
    await sleep(POLL_MS);
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
