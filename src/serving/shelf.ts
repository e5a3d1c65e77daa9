import type { OverloadedError } from '../common/errors.js';
import { DropOrder } from './drop-order.js';

/** What entries are counted by. */
export type Measure = 'bytes' | 'entries';

export interface ShelfOptions<E> {
  readonly capacity: number;
  readonly measure: Measure;
  /** Share of the capacity for entries that are used again, see `DropOrder`. */
  readonly provenShare: number;
  readonly canDrop: (entry: E) => boolean;
  /** The error when no room can be made. */
  readonly full: (more: Room) => OverloadedError;
}

/** What is to be added. */
export interface Room {
  readonly bytes: number;
  readonly entries: number;
}

/** Entries that share one capacity, with the order in which they make room for others. */
export class Shelf<E extends { bytes: number }> {
  private readonly held = new Set<E>();
  private readonly order: DropOrder<E>;
  private heldBytes = 0;

  constructor(private readonly options: ShelfOptions<E>) {
    this.order = new DropOrder(options.capacity, options.provenShare);
  }

  get bytes(): number {
    return this.heldBytes;
  }

  get count(): number {
    return this.held.size;
  }

  get capacity(): number {
    return this.options.capacity;
  }

  add(entry: E): void {
    this.held.add(entry);
    this.order.add(entry);
    this.heldBytes += entry.bytes;
  }

  /** Marks an entry as used again. */
  use(entry: E): void {
    this.order.use(entry);
  }

  delete(entry: E): void {
    if (!this.held.delete(entry)) return;
    this.order.delete(entry);
    this.heldBytes -= entry.bytes;
  }

  /** Before an entry that is not yet ready was ever used. */
  resize(entry: E, bytes: number): void {
    if (this.held.has(entry)) this.heldBytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  clear(): void {
    this.held.clear();
    this.order.clear();
    this.heldBytes = 0;
  }

  /** Those that can be dropped, first what is to be dropped first. */
  *droppable(): Generator<E, undefined> {
    for (const entry of this.order) if (this.options.canDrop(entry)) yield entry;
  }

  /** The entries that must go so that `more` fits; the error of the shelf when not even all that can would do. */
  victimsFor(more: Room): E[] {
    const { capacity, measure, full } = this.options;
    const victims: E[] = [];
    let missing = (measure === 'bytes' ? this.bytes : this.count) + more[measure] - capacity;
    for (const entry of this.droppable()) {
      if (missing <= 0) break;
      victims.push(entry);
      missing -= measure === 'bytes' ? entry.bytes : 1;
    }
    if (missing > 0) throw full(more);
    return victims;
  }
}
