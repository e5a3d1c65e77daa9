import { open, readFile } from 'node:fs/promises';
import { AppError } from '../common/errors.js';
import type { KeysService, NewKey } from './keys.service.js';
import { SYSTEM, type Principal } from './principal.js';

/** Makes sure that the file holds an admin key that works; see `ensureKeyFile`. */
export function ensureAdminKey(keys: KeysService, path: string): Promise<{ path: string; isNew: boolean }> {
  return ensureKeyFile(keys, path, { role: 'admin', label: 'admin.key' });
}

/**
 * Makes sure that the file holds a key of this role and tenant that works: an existing one is kept; otherwise a key is
 * made and its secret written with mode 0600. To replace a lost or leaked one, remove the file and start again, then
 * revoke the old.
 */
export async function ensureKeyFile(
  keys: KeysService,
  path: string,
  key: NewKey,
): Promise<{ path: string; isNew: boolean }> {
  const secret = (await readFile(path, 'utf8').catch(() => '')).trim();
  const holder = secret === '' ? undefined : await findHolder(keys, secret);
  if (holder?.role === key.role && holder.tenantId === key.tenantId) return { path, isNew: false };
  const file = await open(path, 'w', 0o600);
  try {
    await file.chmod(0o600); // the mode of an existing file is not changed by opening it
    const created = await keys.create(key, SYSTEM);
    await file.writeFile(`${created.secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return { path, isNew: true };
}

async function findHolder(keys: KeysService, secret: string): Promise<Principal | undefined> {
  try {
    return await keys.authenticate(secret);
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return undefined;
    throw error;
  }
}
