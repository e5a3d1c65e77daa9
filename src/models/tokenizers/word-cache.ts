const MAX_KEY_UNITS = 256;

/** A copy that does not keep the text alive that the word was cut from, as V8's slices of 13 units and more do. */
function detached(word: string): string {
  return word.length < 13 ? word : Buffer.from(word, 'utf16le').toString('utf16le');
}

/**
 * Remembers results by word, in bounded memory: up to `capacity` words used lately and as many before them.
 *
 * A word is young → old → gone: when the young map is full it becomes the old one, and a word found there turns young
 * again. Words of 256 code units and more are never kept.
 */
export class WordCache<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  constructor(private readonly capacity = 8192) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  getOrCompute(word: string, compute: (word: string) => V): V {
    const hit = this.young.get(word);
    if (hit !== undefined) return hit;
    if (word.length >= MAX_KEY_UNITS) return compute(word);
    const key = detached(word);
    const value = this.old.get(key) ?? compute(key);
    this.keep(key, value);
    return value;
  }

  private keep(word: string, value: V): void {
    if (this.young.size >= this.capacity) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(word, value);
  }
}
