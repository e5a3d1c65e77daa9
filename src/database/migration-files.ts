import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Hex } from '../common/digest.js';
import { ValidationError } from '../common/errors.js';

export interface MigrationFile {
  /** `0001-tenants`; the number orders them. */
  readonly name: string;
  readonly up: string;
  readonly down: string;
  /** sha256 of `up`. */
  readonly checksum: string;
}

/** migrations/ beside package.json, from src/ and from dist/ alike. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** Every migration in order; refused when a way back is missing or a number is taken twice or left out. */
export async function loadMigrationFiles(directory = MIGRATIONS_DIR): Promise<MigrationFile[]> {
  const names = (await readdir(directory)).filter((file) => file.endsWith('.up.sql')).sort();
  return Promise.all(
    names.map(async (file, at) => {
      const name = file.slice(0, -'.up.sql'.length);
      if (!new RegExp(`^${String(at + 1).padStart(4, '0')}-[a-z0-9-]+$`).test(name)) {
        throw new ValidationError(`migrations: expected number ${at + 1} as four digits, then a name, got ${file}`);
      }
      const up = await readFile(join(directory, file), 'utf8');
      const down = await readFile(join(directory, `${name}.down.sql`), 'utf8').catch((cause: unknown) => {
        throw new ValidationError(`migrations: expected ${name}.down.sql beside ${file}, found none`, { cause });
      });
      return { name, up, down, checksum: sha256Hex(up) };
    }),
  );
}
