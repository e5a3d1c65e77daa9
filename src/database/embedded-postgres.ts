import { spawn } from 'node:child_process';
import { chown, lstat, mkdir, open, readFile, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageError, ValidationError } from '../common/errors.js';
import type { Log } from '../common/log.js';
import { Repeated } from '../common/repeated.js';
import type { PgConnection } from './pg-connection.js';
import { locatePostgres } from './postgres-binaries.js';
import { isAnswering, isRunning, settle, stopPostmaster } from './postmaster.js';
import { canReach, findServiceUser, type ServiceUser } from './service-user.js';
import { shortPath } from './short-path.js';

const MAJOR = '18';
const MAX_LOG_BYTES = 16 * 2 ** 20;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const WATCH_MS = 500;

/** `-c` settings: reachable through a socket in its own directory only, which nobody else may enter. */
const SETTINGS = [
  'listen_addresses=',
  'unix_socket_directories=.',
  'unix_socket_permissions=0700',
  'max_connections=100',
  'log_line_prefix=%m [%p] ',
];

/**
 * A PostgreSQL server of our own under DATA_DIR/postgres, started when it is not running and adopted when an earlier
 * process of ours was killed and left it behind. The caller holds the lock of DATA_DIR.
 *
 * Started → stopped. When it ends in between, killed for want of memory say, it is started again. It is reached by unix
 * socket only, so there is no port to conflict with and nothing on the network.
 */
export class EmbeddedPostgres {
  private readonly looks = new Repeated(WATCH_MS, () => this.look());

  private constructor(
    private readonly place: Place,
    /** As the superuser that initdb made; only for making roles and databases. */
    readonly superuser: PgConnection,
  ) {
    this.looks.start();
  }

  static async start(dataDir: string, log: Log): Promise<EmbeddedPostgres> {
    if (process.platform === 'win32') {
      throw new ValidationError('embedded PostgreSQL: expected Linux or macOS, got Windows; set DATABASE_URL');
    }
    const pgdata = join(dataDir, 'postgres');
    const user = await findServiceUser(pgdata);
    const native = await locatePostgres(user, log);
    if (!(await exists(join(pgdata, 'PG_VERSION')))) await initialise({ dataDir, pgdata, native, user });
    await expectMajor(pgdata);
    const socketDir = await shortPath(pgdata);
    const place = { dataDir, pgdata, native, user, log };
    const superuser = { socketDir, user: 'postgres', database: 'postgres' };
    await bringUp(place, superuser);
    return new EmbeddedPostgres(place, superuser);
  }

  async stop(): Promise<void> {
    await this.looks.stop();
    await stopPostmaster(this.place.pgdata, STOP_TIMEOUT_MS);
  }

  private async look(): Promise<void> {
    const { pgdata, log } = this.place;
    try {
      if (await isRunning(pgdata)) return;
      log.error({ pgdata }, 'the PostgreSQL server ended; it is started again');
      await bringUp(this.place, this.superuser);
    } catch (error) {
      log.error({ err: error }, 'the PostgreSQL server was not started; that is tried again');
    }
  }
}

/** Adopts the server that runs, or starts one. */
async function bringUp(place: Place, superuser: PgConnection): Promise<void> {
  const { pgdata, log } = place;
  if (await settle(pgdata, superuser, START_TIMEOUT_MS)) {
    log.info({ pgdata }, 'adopted the PostgreSQL server that an earlier process left running');
  } else {
    await launch(place, superuser);
  }
}

/** Detached, in a session of its own: Ctrl-C in the terminal is for us, who stop it after our own work is done. */
async function launch({ dataDir, pgdata, native, user }: Place, superuser: PgConnection): Promise<void> {
  const logFile = join(dataDir, 'postgres.log');
  await trimLog(logFile);
  const logHandle = await open(logFile, 'a', 0o600);
  const directory = await open(pgdata, 'r');
  try {
    const args = ['-D', await seenBy(user, pgdata), ...SETTINGS.flatMap((setting) => ['-c', setting])];
    const stdio = ['ignore', logHandle.fd, logHandle.fd, directory.fd] as const;
    const child = spawn(join(native, 'bin/postgres'), args, { ...user, detached: true, cwd: '/', stdio: [...stdio] });
    const failure = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`exit ${String(code ?? signal)}`));
    });
    child.unref();
    await untilAnswering(superuser, failure, logFile);
  } finally {
    await logHandle.close();
    await directory.close();
  }
}

async function untilAnswering(superuser: PgConnection, failure: Promise<string>, logFile: string): Promise<void> {
  let ended: string | undefined;
  void failure.then((reason) => (ended = reason));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isAnswering(superuser))) {
    if (ended === undefined && Date.now() < deadline) {
      await sleep(30);
      continue;
    }
    const tail = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-8).join('\n  ');
    throw new StorageError(
      `embedded PostgreSQL: expected it to answer, got ${ended ?? `nothing in ${START_TIMEOUT_MS} ms`}; ${logFile} ends with:\n  ${tail}`,
    );
  }
}

interface Place {
  readonly dataDir: string;
  readonly pgdata: string;
  readonly native: string;
  readonly user: ServiceUser | undefined;
  readonly log: Log;
}

/** Makes the cluster beside its place and renames it, so that one that exists is whole. */
async function initialise({ dataDir, pgdata, native, user }: Omit<Place, 'log'>): Promise<void> {
  const partial = join(dataDir, 'postgres.new');
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  if (user) await chown(partial, user.uid, user.gid);
  const directory = await open(partial, 'r');
  try {
    const args = ['-D', await seenBy(user, partial), '-U', 'postgres', '--auth=trust', '--encoding=UTF8'];
    args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions');
    await run(join(native, 'bin/initdb'), args, { user, directory });
  } finally {
    await directory.close();
  }
  await rename(partial, pgdata);
}

async function run(
  program: string,
  args: string[],
  { user, directory }: { user: ServiceUser | undefined; directory: FileHandle },
) {
  const child = spawn(program, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'pipe', directory.fd] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (exit, signal) => resolve(String(exit ?? signal)));
  });
  if (code !== '0')
    throw new StorageError(`embedded PostgreSQL: expected ${program} to exit 0, got ${code}: ${output.slice(-2000)}`);
}

/**
 * The name under which the server finds a directory that we hand it open as descriptor 3. When its user cannot walk
 * there, as into root's home, the descriptor itself: the data then needs no other place than DATA_DIR.
 */
async function seenBy(user: ServiceUser | undefined, directory: string): Promise<string> {
  if (!user || (await canReach(directory, user))) return directory;
  if (process.platform === 'linux') return '/proc/self/fd/3';
  throw new ValidationError(
    `DATA_DIR: expected a directory that user ${user.uid} can reach, as PostgreSQL cannot run as root, got ${directory}`,
  );
}

async function expectMajor(pgdata: string): Promise<void> {
  const version = (await readFile(join(pgdata, 'PG_VERSION'), 'utf8')).trim();
  if (version === MAJOR) return;
  throw new ValidationError(
    `embedded PostgreSQL: expected a cluster of version ${MAJOR} in ${pgdata}, got ${version}; move its data with pg_dump of that version`,
  );
}

async function trimLog(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info && info.size > MAX_LOG_BYTES) await truncate(path);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
