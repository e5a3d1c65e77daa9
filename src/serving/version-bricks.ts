import type { AdapterVersion } from '../registry/adapter-version.js';
import type { RegistryService } from '../registry/registry.service.js';
import { brickId, type BrickRef } from './brick-ref.js';

/** Where the brick of a version lies, and its name in every tier. */
export async function brickRefOf(
  registry: Pick<RegistryService, 'packed'>,
  tenantId: string,
  version: AdapterVersion,
): Promise<BrickRef> {
  const { objectKey, sha256, bytes } = await registry.packed(tenantId, version);
  const isModel = version.summary.kind === 'base';
  return { id: brickId(tenantId, version.digest), objectKey, sha256, bytes, ...(isModel && { isModel }) };
}
