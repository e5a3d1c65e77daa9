import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ConflictError, ValidationError } from '../common/errors.js';
import { shortPath } from './short-path.js';

/**
 * The data directory, held by one process at a time. It is free → held → free; a holder that dies, even by kill -9,
 * frees it at once, since the kernel closes its sockets.
 *
 * Two sockets make the lock. One in Linux's abstract namespace, named by device and inode, is bound atomically, so of
 * two that start together one loses. One at DATA_DIR/lock.sock is seen by containers that share the directory but not
 * the network. A process id in a file proves nothing after a restart, so the file beside them is only for people.
 */
export class DataDir {
  private constructor(
    readonly path: string,
    private readonly servers: readonly Server[],
  ) {}

  /** @throws ConflictError `data_dir_in_use`  while another process holds it */
  static async lock(path: string): Promise<DataDir> {
    await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw new ValidationError(
        `DATA_DIR: expected a directory that can be made and written, got ${path}: ${String(error)}`,
      );
    });
    const servers: Server[] = [];
    try {
      if (process.platform === 'linux') servers.push(await listen(await abstractName(path), path));
      const socket = join(await shortPath(path), 'lock.sock');
      if (await isAnswered(socket)) throw await inUse(path);
      await rm(socket, { force: true });
      servers.push(await listen(socket, path));
      await writeFile(holderFile(path), `process ${process.pid} since ${new Date().toISOString()}\n`);
    } catch (error) {
      await Promise.all(servers.map(close));
      throw error;
    }
    return new DataDir(path, servers);
  }

  async release(): Promise<void> {
    await rm(holderFile(this.path), { force: true });
    await Promise.all(this.servers.map(close));
  }
}

function holderFile(path: string): string {
  return join(path, 'lock');
}

async function abstractName(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `\0tessera-data-dir-${dev}-${ino}`;
}

async function listen(socket: string, path: string): Promise<Server> {
  const server = createServer((visitor) => visitor.end());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') inUse(path).then(reject, reject);
      else reject(error);
    });
    server.listen({ path: socket }, () => resolve(server.unref()));
  });
}

async function isAnswered(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const visitor = connect({ path: socket });
    visitor.once('connect', () => resolve(true)).once('error', () => resolve(false));
    visitor.once('close', () => visitor.destroy());
  });
}

async function inUse(path: string): Promise<ConflictError> {
  const holder = await readFile(holderFile(path), 'utf8').catch(() => 'another process');
  return new ConflictError(
    `DATA_DIR: expected a directory that no other process uses, got ${path}, in use by ${holder.trim()}; stop that one or set another DATA_DIR`,
    { code: 'data_dir_in_use' },
  );
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
