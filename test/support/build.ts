import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Builds the service once before the end-to-end tests, unless what is built is newer than every source. */
export default async function setup(): Promise<void> {
  const built = await stat(join(ROOT, 'dist/main.js')).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (built > (await newest(join(ROOT, 'src')))) return;
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: ROOT });
}

async function newest(directory: string): Promise<number> {
  const names = (await readdir(directory, { recursive: true })).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  const times = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).mtimeMs));
  return Math.max(...times);
}
