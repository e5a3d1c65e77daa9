import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMiniLm } from './base-directory.js';

/** A directory for as long as `use` takes. */
export async function inTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-bench-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A base of MiniLM's shape for as long as `use` takes, in a directory `home` that has room for more. */
export function withMiniLm<T>(use: (base: string, home: string) => Promise<T>): Promise<T> {
  return inTemporaryDirectory(async (home) => {
    const base = join(home, 'base');
    await writeMiniLm(base);
    return use(base, home);
  });
}
