import { Injectable } from '@nestjs/common';
import type { Digest } from '../common/digest.js';
import { RegistryService } from '../registry/registry.service.js';
import { RemovalService } from '../registry/removal.service.js';
import type { Actor } from '../tenants/principal.js';
import { brickId } from './brick-ref.js';
import { ARROW_SUFFIX } from './gates/arrow.js';
import { BrickTiers } from './brick-tiers.js';
import { Residency } from './residency.js';

const PAGE = 1000;

/** Deletes versions from the registry, and then from every tier of this process. */
@Injectable()
export class VersionRemovalService {
  constructor(
    private readonly registry: RegistryService,
    private readonly removal: RemovalService,
    private readonly residency: Residency,
    private readonly tiers: BrickTiers,
  ) {}

  async deleteVersion(
    tenantId: string,
    { name, digest }: { name: string; digest: Digest },
    actor: Actor,
  ): Promise<void> {
    await this.removal.deleteVersion(tenantId, name, digest, actor);
    await this.forget(tenantId, [digest]);
  }

  async deleteAdapter(tenantId: string, name: string, actor: Actor): Promise<void> {
    const { items } = await this.registry.versions(tenantId, name, { limit: PAGE });
    await this.removal.deleteAdapter(tenantId, name, actor);
    await this.forget(
      tenantId,
      items.map(({ digest }) => digest),
    );
  }

  /** The brick itself, and what of it is loaded as bricks of their own. */
  private partsOf(brick: string): string[] {
    const resident = this.residency.view().map(({ id }) => id);
    return [brick, ...resident.filter((id) => id.startsWith(`${brick}#`))];
  }

  private async forget(tenantId: string, digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      const id = brickId(tenantId, digest);
      for (const part of this.partsOf(id)) {
        this.residency.unpin(part);
        await this.residency.evict(part);
      }
      for (const file of [id, `${id}${ARROW_SUFFIX}`]) await this.tiers.delete(file);
    }
  }
}
