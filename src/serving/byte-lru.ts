interface Held<V> {
  readonly value: V;
  readonly bytes: number;
}

/**
 * Holds values up to `capacityBytes` and drops the least recently used first. A value larger than the whole capacity is
 * not kept at all.
 */
export class ByteLru<V> {
  private readonly held = new Map<string, Held<V>>();
  private usedBytes = 0;

  constructor(
    private readonly capacityBytes: number,
    private readonly onDrop: (key: string, value: V) => void = () => undefined,
  ) {}

  get bytes(): number {
    return this.usedBytes;
  }

  get size(): number {
    return this.held.size;
  }

  /** The value, now the most recently used. */
  get(key: string): V | undefined {
    const entry = this.held.get(key);
    if (entry === undefined) return undefined;
    this.held.delete(key);
    this.held.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, bytes: number): void {
    this.delete(key);
    if (bytes > this.capacityBytes) {
      this.onDrop(key, value);
      return;
    }
    this.held.set(key, { value, bytes });
    this.usedBytes += bytes;
    for (const [oldest, entry] of this.held) {
      if (this.usedBytes <= this.capacityBytes) return;
      this.delete(oldest);
      this.onDrop(oldest, entry.value);
    }
  }

  delete(key: string): boolean {
    const entry = this.held.get(key);
    if (entry === undefined) return false;
    this.usedBytes -= entry.bytes;
    return this.held.delete(key);
  }
}
