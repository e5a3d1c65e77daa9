import type { BaseTensors } from '../adapters/base-tensors.js';
import type { Brick } from '../adapters/brick.js';
import { brickPages } from '../adapters/rows/brick-pages.js';
import type { Channel, PoolName } from '../adapters/rows/channel.js';
import { isScaling, type PlacedPages, type Placement } from '../adapters/rows/placement.js';
import type { Variant } from '../adapters/rows/variant.js';
import { NotFoundError } from '../common/errors.js';
import type { Tensor } from '../engine/tensor.js';
import type { Head } from '../models/heads.js';
import type { SiteTable } from '../models/sites.js';
import { headBytes, ownHead } from './own-head.js';
import { PagePool } from './page-pool.js';

export interface ResidentBrick {
  readonly placement: Placement;
  readonly head: Head | undefined;
  /** Bytes of its pages and head. */
  readonly bytes: number;
}

/**
 * The bricks that rows may name, by id, and the pools their pages lie in. A brick is absent or resident; loading and
 * unloading must not overlap a run, which reads the same arrays.
 */
export class ResidentBricks {
  private readonly bricks = new Map<string, { pages: Map<PoolName, PlacedPages>; resident: ResidentBrick }>();
  private readonly pools = new Map<PoolName, PagePool>();

  constructor(
    private readonly sites: SiteTable,
    /** What heads are made of beside their own tensors. */
    private readonly base: BaseTensors = new Map(),
  ) {}

  /** Makes the brick resident unless it is. Nothing is kept of a brick that does not fit the base. */
  load(id: string, brick: Brick): ResidentBrick {
    const known = this.bricks.get(id);
    if (known) return known.resident;
    const parts = brickPages(brick, this.sites);
    const head = ownHead(brick, this.base);
    const pages = new Map<PoolName, PlacedPages>();
    let bytes = brick.head ? headBytes(brick.head) : 0;
    for (const { channel, pages: count, fields } of parts) {
      const pool = this.pool(channel);
      pages.set(channel.pool, { channel, ids: pool.load(count, fields) });
      bytes += count * pool.pageBytes;
    }
    const resident = { placement: { pages, isScaling: isScaling(brick) }, head, bytes };
    this.bricks.set(id, { pages, resident });
    return resident;
  }

  /** Frees the brick's pages; an absent brick is no error. */
  unload(id: string): void {
    const brick = this.bricks.get(id);
    if (!brick) return;
    this.bricks.delete(id);
    for (const [name, { ids, channel }] of brick.pages) {
      const pool = this.pool(channel);
      pool.free(ids);
      const moved = pool.compact();
      if (moved) this.renumber(name, moved);
    }
  }

  /** @throws NotFoundError when the brick is not resident */
  require(id: string): ResidentBrick {
    const brick = this.bricks.get(id);
    if (!brick)
      throw new NotFoundError(`runtime: expected a resident brick, got ${id}`, { code: 'brick_not_resident' });
    return brick.resident;
  }

  /** The pool arrays that a variant's graph reads. */
  feeds(variant: Variant): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (const { channel } of variant.uses.values()) Object.assign(feeds, this.pool(channel).feeds());
    return feeds;
  }

  /** Bytes of pages in use and of the arrays that hold them. */
  poolBytes(): { used: number; allocated: number } {
    const sum = { used: 0, allocated: 0 };
    for (const pool of this.pools.values()) {
      sum.used += pool.usedBytes;
      sum.allocated += pool.allocatedBytes;
    }
    return sum;
  }

  private pool(channel: Channel): PagePool {
    let pool = this.pools.get(channel.pool);
    if (!pool) {
      pool = new PagePool({ ...channel, name: channel.pool });
      this.pools.set(channel.pool, pool);
    }
    return pool;
  }

  private renumber(name: PoolName, moved: ReadonlyMap<number, number>): void {
    for (const { pages } of this.bricks.values()) {
      const placed = pages.get(name);
      if (placed) pages.set(name, { channel: placed.channel, ids: placed.ids.map((id) => moved.get(id) ?? id) });
    }
  }
}
