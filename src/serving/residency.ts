import type { Brick } from '../adapters/brick.js';
import { brickBytes } from '../adapters/packed.js';
import { OverloadedError } from '../common/errors.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Runtime } from '../runtime/protocol.js';
import type { BrickRef } from './brick-ref.js';
import { brickPages } from './brick-pages.js';
import { Shelf } from './shelf.js';

/** Bricks held in the pool until `release`; releasing twice is the same as once. */
export interface Lease {
  /** Pages of the row's bricks together, in the widest site group of each. */
  readonly pages: number;
  release(): void;
}

export interface ResidentBrick {
  readonly id: string;
  readonly isModel: boolean;
  readonly bytes: number;
  readonly leases: number;
  readonly isPinned: boolean;
  readonly state: 'loading' | 'ready';
  readonly idleMs: number;
}

interface Entry {
  readonly ref: BrickRef;
  readonly id: string;
  bytes: number;
  pages: number;
  leases: number;
  isPinned: boolean;
  state: 'loading' | 'ready';
  lastUsedMs: number;
  ready: Promise<void>;
}

export interface ResidencyOptions {
  readonly capacityBytes: number;
  /** Whole models at one time. Their tensors are in no pool, and their programs take more memory than these. */
  readonly maxModels: number;
  readonly runtime: Pick<Runtime, 'load' | 'unload'>;
  /** Reads and unpacks a brick from the tiers below. */
  readonly fetch: (ref: BrickRef) => Promise<Brick>;
  readonly metrics: Metrics;
  readonly nowMs?: () => number;
}

/** Of the pool; the rest is where newcomers have time to be asked for again. */
const PROVEN_SHARE = 0.8;

/**
 * The bricks in the runtime's pools, up to `capacityBytes`, dropped in the order of `DropOrder`; beside them, on a shelf of
 * their own, up to `maxModels` whole models, of which the least recently used is dropped.
 *
 * A brick is absent → loading → ready → absent. Callers that ask for one while it loads share that load; a failed load
 * leaves it absent. A leased or pinned brick is never dropped, so a pool full of those refuses the next brick with
 * `OverloadedError`. `forget` makes all absent at once. Bytes are reserved when a brick is asked for. The runtime does
 * what it is told in order, and is told of a load right after the unloads of the bricks that it replaces, without a wait
 * in between: the pool is never over its size, and one pause between two batches takes all loads that wait.
 */
export class Residency {
  private readonly entries = new Map<string, Entry>();
  private readonly pool: Shelf<Entry>;
  private readonly wholeModels: Shelf<Entry>;
  private readonly nowMs: () => number;
  /** Dropped, and still to be unloaded from the runtime. */
  private readonly dropped: string[] = [];
  /** Pinned when the engine was lost. */
  private lostPins: BrickRef[] = [];

  constructor(private readonly options: ResidencyOptions) {
    this.nowMs = options.nowMs ?? Date.now;
    const { capacityBytes, maxModels } = options;
    this.pool = new Shelf({
      ...{ capacity: capacityBytes, measure: 'bytes', provenShare: PROVEN_SHARE, canDrop },
      full: ({ bytes }) => noRoom(`the adapter pool holds ${capacityBytes} bytes`, `no room for ${bytes} bytes`),
    });
    this.wholeModels = new Shelf({
      ...{ capacity: maxModels, measure: 'entries', provenShare: 0, canDrop },
      full: () => noRoom(`the engine holds ${maxModels} models of their own`, 'no room for one more'),
    });
  }

  /** Of the pools; models are in none. */
  get bytes(): number {
    return this.pool.bytes;
  }

  get models(): { readonly held: number; readonly capacity: number } {
    return { held: this.wholeModels.count, capacity: this.wholeModels.capacity };
  }

  /** Leases every brick of one row; loads those that are absent. On failure none stays leased. */
  async acquire(refs: readonly BrickRef[]): Promise<Lease> {
    const entries: Entry[] = [];
    try {
      for (const ref of refs) entries.push(this.hold(ref));
      await Promise.all(entries.map(({ ready }) => ready));
      for (const entry of entries) this.requireHeld(entry);
      return this.leaseOf(entries);
    } catch (error) {
      this.leaseOf(entries).release();
      throw error;
    }
  }

  /** Loads a brick and keeps it until `unpin`. */
  async pin(ref: BrickRef): Promise<void> {
    const lease = await this.acquire([ref]);
    const entry = this.entries.get(ref.id);
    if (entry !== undefined) entry.isPinned = true;
    lease.release();
  }

  unpin(id: string): void {
    this.lostPins = this.lostPins.filter((ref) => ref.id !== id);
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.isPinned = false;
  }

  /** Drops a brick now; false when it is absent, leased, pinned or loading. */
  async evict(id: string): Promise<boolean> {
    const entry = this.entries.get(id);
    if (entry === undefined || !canDrop(entry)) return false;
    this.drop(entry);
    await this.unloadDropped();
    this.report();
    return true;
  }

  /** Takes every brick as absent, leased ones too: the engine is gone, and what was loaded into it. */
  forget(): void {
    this.lostPins.push(...[...this.entries.values()].filter(({ isPinned }) => isPinned).map(({ ref }) => ref));
    this.entries.clear();
    this.pool.clear();
    this.wholeModels.clear();
    this.dropped.length = 0;
    this.report();
  }

  /** Loads into a new engine what was pinned in the one before. */
  async restore(): Promise<void> {
    for (const ref of this.lostPins.splice(0)) await this.pin(ref);
  }

  view(): ResidentBrick[] {
    const nowMs = this.nowMs();
    return [...this.entries.values()].map(({ ref, id, bytes, leases, isPinned, state, lastUsedMs }) => {
      return { id, isModel: ref.isModel === true, bytes, leases, isPinned, state, idleMs: nowMs - lastUsedMs };
    });
  }

  /** @throws OverloadedError  before anything is read, when no room can be made */
  private hold(ref: BrickRef): Entry {
    const held = this.entries.get(ref.id);
    if (held !== undefined) {
      if (held.state === 'ready' && held.leases === 0) this.shelfOf(ref).use(held); // again, not by another row of one request
      held.leases++;
      if (held.state === 'ready') this.options.metrics.residencyHits.inc({ tier: 'pool' });
      return held;
    }
    const shelf = this.shelfOf(ref);
    this.dropAll(shelf.victimsFor({ bytes: ref.bytes, entries: 1 }));
    const entry: Entry = {
      ref,
      id: ref.id,
      bytes: ref.bytes,
      pages: 0,
      leases: 1,
      isPinned: false,
      state: 'loading',
      lastUsedMs: this.nowMs(),
      ready: Promise.resolve(),
    };
    this.entries.set(ref.id, entry);
    shelf.add(entry);
    entry.ready = this.load(ref, entry);
    entry.ready.catch(() => undefined); // whoever holds it awaits it; one that gave up must not leave it unhandled
    return entry;
  }

  private leaseOf(entries: readonly Entry[]): Lease {
    let isReleased = false;
    return {
      pages: entries.reduce((sum, { pages }) => sum + pages, 0),
      release: () => {
        if (isReleased) return;
        isReleased = true;
        for (const entry of entries) {
          entry.leases--;
          entry.lastUsedMs = this.nowMs();
        }
      },
    };
  }

  private async load(ref: BrickRef, entry: Entry): Promise<void> {
    const stop = this.options.metrics.residencyLoadSeconds.startTimer();
    try {
      const brick = await this.options.fetch(ref);
      entry.pages = brickPages(brick);
      await this.place(entry, brick);
      this.options.metrics.residencyLoads.inc({ tier: 'pool' });
    } catch (error) {
      if (this.isHeld(entry)) this.entries.delete(entry.id);
      this.shelfOf(ref).delete(entry);
      this.options.metrics.residencyFailures.inc();
      throw error;
    } finally {
      stop();
      this.report();
    }
  }

  private async place(entry: Entry, brick: Brick): Promise<void> {
    this.requireHeld(entry);
    const shelf = this.shelfOf(entry.ref);
    const bytes = brickBytes(brick);
    this.dropAll(shelf.victimsFor({ bytes: bytes - entry.bytes, entries: 0 }));
    shelf.resize(entry, bytes);
    for (;;) {
      try {
        const unloaded = this.unloadDropped(); // told, not yet done
        const [loaded] = await Promise.all([this.options.runtime.load(entry.id, brick), unloaded]);
        shelf.resize(entry, loaded.bytes);
        entry.state = 'ready';
        return;
      } catch (error) {
        // The pool of one site group can be full while the sum of all is not: drop one more and try again.
        const isFull = shelf === this.pool && (error as { code?: string }).code === 'overloaded';
        const victim = isFull ? shelf.droppable().next().value : undefined;
        if (victim === undefined) throw error;
        this.drop(victim);
      }
    }
  }

  private shelfOf({ isModel }: BrickRef): Shelf<Entry> {
    return isModel ? this.wholeModels : this.pool;
  }

  /** False once the engine was lost meanwhile. */
  private isHeld(entry: Entry): boolean {
    return this.entries.get(entry.id) === entry;
  }

  private requireHeld(entry: Entry): void {
    if (this.isHeld(entry)) return;
    throw new OverloadedError(`brick ${entry.id}: the engine ended while it was loaded`, {
      code: 'engine_unavailable',
      retryAfterSeconds: 2,
    });
  }

  /** Gone at once for whoever asks; out of the runtime before the next load, for loads and unloads keep their order. */
  private drop(entry: Entry): void {
    this.entries.delete(entry.id);
    this.shelfOf(entry.ref).delete(entry);
    this.dropped.push(entry.id);
    this.options.metrics.residencyEvictions.inc({ tier: 'pool' });
  }

  private dropAll(victims: readonly Entry[]): void {
    for (const victim of victims) this.drop(victim);
  }

  private async unloadDropped(): Promise<void> {
    await Promise.all(this.dropped.splice(0).map((id) => this.options.runtime.unload(id)));
  }

  private report(): void {
    const { residencyBytes, residencyBricks } = this.options.metrics;
    for (const [tier, { bytes, count }] of [['pool', this.pool] as const, ['models', this.wholeModels] as const]) {
      residencyBytes.set({ tier }, bytes);
      residencyBricks.set({ tier }, count);
    }
  }
}

function noRoom(held: string, rule: string): OverloadedError {
  return new OverloadedError(`${held} and all that is in it is in use: ${rule}`, { retryAfterSeconds: 1 });
}

function canDrop(entry: Entry): boolean {
  return entry.state === 'ready' && entry.leases === 0 && !entry.isPinned;
}
