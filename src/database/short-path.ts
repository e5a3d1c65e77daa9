import { createHash } from 'node:crypto';
import { lstat, readlink, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ValidationError } from '../common/errors.js';

/** A socket's path may have 107 bytes on Linux and 103 on macOS; this leaves room for the socket's own name. */
const MAX_DIRECTORY_BYTES = 80;

/** The directory itself, or, when sockets in it would have too long a path, a symbolic link to it in the temporary directory. */
export async function shortPath(directory: string): Promise<string> {
  if (Buffer.byteLength(directory) <= MAX_DIRECTORY_BYTES) return directory;
  const target = await realpath(directory);
  const link = join(tmpdir(), `tessera-${createHash('sha256').update(target).digest('hex').slice(0, 16)}`);
  await symlink(target, link).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  // Anyone may write to the temporary directory: follow only a link of our own.
  const { uid } = await lstat(link);
  if (uid !== process.getuid?.() || (await readlink(link)) !== target) {
    throw new ValidationError(
      `DATA_DIR: expected ${link} to be our link to ${target}, got another's; use a path of at most ${MAX_DIRECTORY_BYTES} bytes`,
    );
  }
  return link;
}
