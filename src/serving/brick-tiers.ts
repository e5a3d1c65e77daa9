import type { Metrics } from '../metrics/metrics.js';
import { fileOf, type BrickRef } from './brick-ref.js';
import { ByteLru } from './byte-lru.js';
import type { DiskCache } from './disk-cache.js';

export interface BrickTiersOptions {
  readonly hostBytes: number;
  /** Absent where the object store is itself the local disk. */
  readonly disk?: DiskCache;
  /** Gives the object in shared memory, and refuses one of another sha256. */
  readonly readObject: (key: string, sha256: string) => Promise<Uint8Array>;
  readonly metrics: Metrics;
}

/**
 * The tiers behind the pool: host memory, local disk, object store. `fetch` answers from the first that has the brick and
 * fills those before it. Callers that ask for one brick while it is fetched share that fetch; a failed one leaves nothing.
 * What comes from the store lies in shared memory, where the engine's thread reads it without a copy.
 */
export class BrickTiers {
  private readonly host: ByteLru<Uint8Array>;
  private readonly fetches = new Map<string, Promise<Uint8Array>>();

  constructor(private readonly options: BrickTiersOptions) {
    this.host = new ByteLru(options.hostBytes, () => options.metrics.residencyEvictions.inc({ tier: 'host' }));
  }

  fetch(ref: BrickRef): Promise<Uint8Array> {
    const name = fileOf(ref);
    const held = this.host.get(name);
    if (held !== undefined) {
      this.options.metrics.residencyHits.inc({ tier: 'host' });
      return Promise.resolve(held);
    }
    const running = this.fetches.get(name);
    if (running !== undefined) return running;
    const fetch = this.fetchBelow(ref).finally(() => this.fetches.delete(name));
    this.fetches.set(name, fetch);
    return fetch;
  }

  /** Forgets a file in every tier, for a version that was deleted. */
  async delete(id: string): Promise<void> {
    this.host.delete(id);
    await this.options.disk?.delete(id);
    this.report();
  }

  get hostBytes(): number {
    return this.host.bytes;
  }

  get diskBytes(): number {
    return this.options.disk?.bytes ?? 0;
  }

  private async fetchBelow(ref: BrickRef): Promise<Uint8Array> {
    const { disk, metrics } = this.options;
    const name = fileOf(ref);
    let bytes = await disk?.get(name, ref.sha256);
    if (bytes === undefined) {
      bytes = await this.fetchObject(ref);
      if (disk !== undefined) {
        await disk.put(name, bytes);
        metrics.residencyLoads.inc({ tier: 'disk' });
      }
    } else {
      metrics.residencyHits.inc({ tier: 'disk' });
    }
    this.host.set(name, bytes, bytes.byteLength);
    metrics.residencyLoads.inc({ tier: 'host' });
    this.report();
    return bytes;
  }

  private async fetchObject(ref: BrickRef): Promise<Uint8Array> {
    const bytes = await this.options.readObject(ref.objectKey, ref.sha256);
    this.options.metrics.residencyHits.inc({ tier: 'store' });
    return bytes;
  }

  private report(): void {
    const { disk, metrics } = this.options;
    metrics.residencyBytes.set({ tier: 'host' }, this.host.bytes);
    metrics.residencyBricks.set({ tier: 'host' }, this.host.size);
    metrics.residencyBytes.set({ tier: 'disk' }, disk?.bytes ?? 0);
    metrics.residencyBricks.set({ tier: 'disk' }, disk?.size ?? 0);
  }
}
