import { sizeOf, tensor, type Tensor } from '../engine/tensor.js';
import { identityOf, type Channel } from '../adapters/rows/channel.js';
import { ShapeError } from '../common/errors.js';

const GROWTH = 1.5;
/** Below this share of pages in use, and above the smallest size, the pool is rewritten smaller. */
const SHRINK_BELOW = 0.25;
const SMALLEST_PAGES = 8;
/** Pages may be large, then a pool begins with fewer. */
const SMALLEST_BYTES = 4 * 2 ** 20;

interface Field {
  readonly name: string;
  readonly pageSize: number;
  readonly lastAxis: number;
  data: Float32Array;
}

/**
 * The pages of one channel in host memory, written in place: the arrays are fed to the engine as they are, so a page
 * written here is seen by the next run and loading an adapter is a copy of its bytes.
 *
 * A page is free → used → free. Page 0 is the identity and always used; free pages hold zeros, so nothing of an adapter
 * is left after it has gone. Arrays grow by half when no page is free, and are compacted when mostly free.
 */
export class PagePool {
  private readonly fields: Field[];
  /** The last is taken first. */
  private freePages: number[] = [];
  private capacity = 1;

  constructor(readonly channel: Channel) {
    this.fields = Object.entries(channel.fields).map(([name, shape]) => ({
      name,
      pageSize: sizeOf(shape),
      lastAxis: shape.at(-1) ?? 1,
      data: new Float32Array(sizeOf(shape)).fill(identityOf(channel)),
    }));
  }

  private get smallest(): number {
    return Math.max(1, Math.min(SMALLEST_PAGES, Math.floor(SMALLEST_BYTES / this.pageBytes)));
  }

  /** Bytes of one page over all arrays. */
  get pageBytes(): number {
    return 4 * this.fields.reduce((sum, field) => sum + field.pageSize, 0);
  }

  /** Pages given out, page 0 not counted. */
  get usedPages(): number {
    return this.capacity - 1 - this.freePages.length;
  }

  get usedBytes(): number {
    return this.usedPages * this.pageBytes;
  }

  get allocatedBytes(): number {
    return this.capacity * this.pageBytes;
  }

  /**
   * Copies `pages` pages, which lie one after the other in each array, into free pages.
   * @returns their ids
   */
  load(pages: number, arrays: Readonly<Record<string, Float32Array>>): number[] {
    if (this.freePages.length < pages) this.resize(Math.max(this.usedPages + 1 + pages, this.smallest, this.grown()));
    const ids = this.freePages.splice(this.freePages.length - pages, pages).reverse();
    for (const { name, pageSize, data } of this.fields) {
      const source = arrays[name];
      if (source?.length !== pages * pageSize)
        throw new ShapeError(`PagePool: ${name}: expected ${pages * pageSize} numbers, got ${source?.length ?? 0}`);
      for (const [index, id] of ids.entries())
        data.set(source.subarray(index * pageSize, (index + 1) * pageSize), id * pageSize);
    }
    return ids;
  }

  /** Zeroes the pages and makes them free. */
  free(ids: readonly number[]): void {
    for (const { pageSize, data } of this.fields)
      for (const id of ids) data.fill(0, id * pageSize, (id + 1) * pageSize);
    for (const id of ids) this.freePages.push(id);
  }

  /**
   * Moves the used pages together and gives memory back when most pages are free.
   *
   * @returns the new id of every used page, or nothing when the pool stays as it is
   */
  compact(): ReadonlyMap<number, number> | undefined {
    const needed = this.usedPages + 1;
    if (this.capacity <= this.smallest || needed > this.capacity * SHRINK_BELOW) return undefined;
    const free = new Set(this.freePages);
    const used = Array.from({ length: this.capacity }, (_, id) => id).filter((id) => !free.has(id));
    const moved = new Map(used.map((from, to) => [from, to]));
    const capacity = Math.max(this.smallest, 2 * needed);
    for (const field of this.fields) {
      const { pageSize, data } = field;
      field.data = new Float32Array(capacity * pageSize);
      for (const [from, to] of moved)
        field.data.set(data.subarray(from * pageSize, (from + 1) * pageSize), to * pageSize);
    }
    this.capacity = capacity;
    this.freePages = [];
    this.addFree(needed);
    return moved;
  }

  /** The arrays as engine feeds `channel.field`, leading axes flattened: [pages · …, last axis]. */
  feeds(): Record<string, Tensor> {
    return Object.fromEntries(
      this.fields.map(({ name, lastAxis, data }) => [
        `${this.channel.name}.${name}`,
        tensor('float32', [data.length / lastAxis, lastAxis], data),
      ]),
    );
  }

  private grown(): number {
    return Math.ceil(this.capacity * GROWTH);
  }

  private resize(capacity: number): void {
    for (const field of this.fields) {
      const data = new Float32Array(capacity * field.pageSize);
      data.set(field.data);
      field.data = data;
    }
    const first = this.capacity;
    this.capacity = capacity;
    this.addFree(first);
  }

  /** Lists pages from `first` up as free, lowest taken first. */
  private addFree(first: number): void {
    const added = Array.from({ length: this.capacity - first }, (_, index) => this.capacity - 1 - index);
    this.freePages = [...added, ...this.freePages];
  }
}
