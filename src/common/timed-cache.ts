import type { Clock } from './clock.js';

interface Entry<V> {
  readonly value: Promise<V>;
  readonly expiresAtMs: number;
}

/**
 * Answers of `load`, each kept for `ttlMs` and at most `capacity` of them. Callers that ask for one while it loads share
 * that load; a failed load is not kept. An answer that was being loaded when the cache was cleared is not kept either.
 */
export class TimedCache<V> {
  private entries = new Map<string, Entry<V>>();

  constructor(private readonly options: { ttlMs: number; capacity: number; clock: Clock }) {}

  get(key: string, load: () => Promise<V>): Promise<V> {
    const { clock, ttlMs, capacity } = this.options;
    const cached = this.entries.get(key);
    if (cached && cached.expiresAtMs > clock()) return cached.value;
    const entry = { value: load(), expiresAtMs: clock() + ttlMs };
    this.entries.delete(key); // to the end: the map's order is the order of age
    this.entries.set(key, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > capacity && oldest !== undefined) this.entries.delete(oldest);
    entry.value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    return entry.value;
  }

  /** Forgets every answer whose key starts with `prefix`. */
  clear(prefix = ''): void {
    if (prefix === '') this.entries = new Map();
    else for (const key of this.entries.keys()) if (key.startsWith(prefix)) this.entries.delete(key);
  }
}
