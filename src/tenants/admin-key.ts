import { open, readFile } from 'node:fs/promises';
import { AppError } from '../common/errors.js';
import type { KeysService } from './keys.service.js';
import { SYSTEM } from './principal.js';

/**
 * Makes sure that the file holds an admin key that works: an existing one is kept; otherwise a new key is made, its
 * secret written with mode 0600. To replace a lost or leaked one, remove the file and start again, then revoke the old.
 */
export async function ensureAdminKey(keys: KeysService, path: string): Promise<{ path: string; isNew: boolean }> {
  const secret = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (secret !== '' && (await isAdminSecret(keys, secret))) return { path, isNew: false };
  const file = await open(path, 'w', 0o600);
  try {
    await file.chmod(0o600); // the mode of an existing file is not changed by opening it
    const created = await keys.create({ role: 'admin', label: 'admin.key' }, SYSTEM);
    await file.writeFile(`${created.secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return { path, isNew: true };
}

async function isAdminSecret(keys: KeysService, secret: string): Promise<boolean> {
  try {
    return (await keys.authenticate(secret)).role === 'admin';
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return false;
    throw error;
  }
}
