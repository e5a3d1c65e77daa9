/**
 * The order in which entries are dropped: a segmented LRU. A newcomer that is used again is proven; newcomers go before
 * proven entries, and each kind in the order of last use. When proven entries outgrow their share, the one that was
 * unused the longest is a newcomer again. So a long tail of adapters that are asked for once does not wash out the few
 * that are asked for all the time, as it does with one list.
 *
 * Karedla, Love and Wherry 1994, "Caching Strategies to Improve Disk System Performance", IEEE Computer 27(3).
 */
export class DropOrder<E extends { readonly bytes: number }> {
  private readonly newcomers = new Set<E>();
  private readonly proven = new Set<E>();
  private provenBytes = 0;

  /**
   * @param provenShare  of the capacity that proven entries may fill; the rest is where newcomers have time to be asked for
   *                     again. With 0 none is ever proven: the order of last use alone.
   */
  constructor(
    private readonly capacityBytes: number,
    private readonly provenShare: number,
  ) {}

  add(entry: E): void {
    this.newcomers.add(entry);
  }

  /** Marks an entry as used again; its bytes stay what they are from now on. */
  use(entry: E): void {
    if (this.proven.delete(entry)) {
      this.proven.add(entry);
    } else if (this.newcomers.delete(entry)) {
      this.proven.add(entry);
      this.provenBytes += entry.bytes;
      this.keepShare();
    }
  }

  delete(entry: E): void {
    this.newcomers.delete(entry);
    if (this.proven.delete(entry)) this.provenBytes -= entry.bytes;
  }

  clear(): void {
    this.newcomers.clear();
    this.proven.clear();
    this.provenBytes = 0;
  }

  /** First what is to be dropped first. */
  *[Symbol.iterator](): Generator<E, undefined> {
    yield* this.newcomers;
    yield* this.proven;
  }

  private keepShare(): void {
    for (const oldest of this.proven) {
      if (this.provenBytes <= this.provenShare * this.capacityBytes) return;
      this.delete(oldest);
      this.newcomers.add(oldest);
    }
  }
}
