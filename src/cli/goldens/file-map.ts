import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file of a folder by name. */
export async function fileMap(directory: string): Promise<Map<string, Uint8Array>> {
  const names = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile());
  const read = names.map(async ({ name }): Promise<[string, Uint8Array]> => [
    name,
    await readFile(join(directory, name)),
  ]);
  return new Map(await Promise.all(read));
}
