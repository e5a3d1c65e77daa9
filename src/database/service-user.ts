import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ValidationError } from '../common/errors.js';

/** The unprivileged user that PostgreSQL runs as when we are root, since it refuses to run as root itself. */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** `undefined` when we are not root: PostgreSQL then runs as ourselves. An existing cluster's owner goes first. */
export async function findServiceUser(pgdata: string): Promise<ServiceUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(pgdata).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users) ?? [];
    if (uid && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new ValidationError(
    'embedded PostgreSQL: expected a user named postgres or nobody, as it cannot run as root, got none in /etc/passwd; start as another user or set DATABASE_URL',
  );
}

/** Whether `user` can walk down to `path` and read what everyone may read there. */
export async function canReach(path: string, user: ServiceUser): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
    const needed = at === path ? 0o5 : 0o1;
    if ((bits & needed) !== needed) return false;
    if (at === dirname(at)) return true;
  }
}
