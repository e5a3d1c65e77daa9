import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import type { Log } from '../common/log.js';
import { ImportService } from '../registry/import.service.js';
import { ensureKeyFile } from '../tenants/key-file.js';
import { KeysService } from '../tenants/keys.service.js';
import { SYSTEM } from '../tenants/principal.js';
import { TenantsService } from '../tenants/tenants.service.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/adapters/', import.meta.url));
const NAME = 'default';

/**
 * Makes tenant `default` with a key and the example adapters that were trained on this base, so that a new user's first call has something to answer it.
 * Every step that is done already is left as it is, so that a start that was cut off goes on where it stopped.
 *
 * @returns the key's file, or undefined when there is a tenant already that this did not make
 */
export async function ensureDefaultTenant(
  app: INestApplicationContext,
  { keyFile, baseName, log }: { keyFile: string; baseName: string; log: Log },
): Promise<string | undefined> {
  const tenants = app.get(TenantsService, { strict: false });
  const existing = await tenants.findByName(NAME);
  if (existing === undefined && (await tenants.list({ limit: 1 })).items.length > 0) return undefined;
  const { id: tenantId } = existing ?? (await tenants.create({ name: NAME }, SYSTEM));
  for (const directory of await examplesFor(baseName)) {
    const request = { tenantId, name: basename(directory), directory };
    const { version, isNew } = await app.get(ImportService, { strict: false }).import(request, SYSTEM);
    if (isNew) log.info({ adapter: version.name, version: version.digest }, 'imported an example adapter');
  }
  const key = { tenantId, role: 'tenant:admin', label: 'default.key' } as const;
  await ensureKeyFile(app.get(KeysService, { strict: false }), keyFile, key);
  return keyFile;
}

/** The example adapters whose configuration names this base. */
export async function examplesFor(baseName: string): Promise<string[]> {
  const entries = await readdir(EXAMPLES, { withFileTypes: true });
  const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(EXAMPLES, name));
  const bases = await Promise.all(directories.map(baseOf));
  return directories.filter((_, at) => bases[at] === baseName);
}

async function baseOf(directory: string): Promise<unknown> {
  const config = JSON.parse(await readFile(join(directory, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
  return config['base_model_name_or_path'];
}
