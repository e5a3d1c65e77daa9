import { Inject, Injectable } from '@nestjs/common';
import { ConflictError, NotFoundError } from '../common/errors.js';
import { CONFIG, type Config } from '../config/config.js';
import { BrickTiers } from './brick-tiers.js';
import { Residency } from './residency.js';
import { answersOf, MODEL_CATALOG, refsOf, type ModelCatalog } from './served-model.js';

/** What operations see of residency, and how they steer it. */
@Injectable()
export class ResidencyService {
  constructor(
    private readonly residency: Residency,
    private readonly tiers: BrickTiers,
    @Inject(MODEL_CATALOG) private readonly catalog: ModelCatalog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  view() {
    const { poolBytes, hostCacheBytes, diskCacheBytes } = this.config;
    return {
      object: 'residency' as const,
      tiers: [
        { tier: 'pool', bytes: this.residency.bytes, capacity_bytes: poolBytes },
        { tier: 'host', bytes: this.tiers.hostBytes, capacity_bytes: hostCacheBytes },
        { tier: 'disk', bytes: this.tiers.diskBytes, capacity_bytes: diskCacheBytes },
      ],
      models: this.residency.models,
      bricks: this.residency.view().map(({ id, isModel, bytes, leases, isPinned, state, idleMs }) => {
        return {
          id,
          kind: isModel ? ('model' as const) : ('brick' as const),
          bytes,
          leases,
          pinned: isPinned,
          state,
          idle_ms: idleMs,
        };
      }),
    };
  }

  async pin(tenantId: string, model: string) {
    const served = await this.catalog.resolve(tenantId, model);
    for (const one of answersOf(served)) for (const ref of refsOf(one)) await this.residency.pin(ref);
    return this.view();
  }

  unpin(id: string) {
    this.require(id);
    this.residency.unpin(id);
    return this.view();
  }

  async evict(id: string) {
    this.require(id);
    if (await this.residency.evict(id)) return this.view();
    throw new ConflictError(`brick ${id}: expected one that is neither leased nor pinned`);
  }

  private require(id: string): void {
    if (this.residency.view().some((brick) => brick.id === id)) return;
    throw new NotFoundError(`brick: expected one in the pool, got ${id.slice(0, 120)}`, { param: 'id' });
  }
}
