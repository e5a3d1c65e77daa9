import { DisjointSets } from './disjoint-sets.js';
import { MinHash, type BandOptions } from './min-hash.js';
import { NearIndex } from './near-index.js';
import { identityOf } from './normalize-text.js';
import type { RowTable } from './row-table.js';
import { jaccard, shingleHashes, shingleSet, type ShingleOptions } from './shingles.js';
import { ExampleReader, readExamples } from './spool.js';

export interface NearOptions extends BandOptions {
  readonly shingles: ShingleOptions;
  /** Least Jaccard likeness of two texts that count as near-duplicates; exact, since every candidate is compared. */
  readonly threshold: number;
}

/**
 * Runs of five characters, alike from 0.8 on: in a sentence of 60 characters, one changed character of any word. Words as
 * units would see no likeness in texts of a few words.
 */
export const NEAR_DEFAULTS: NearOptions = {
  shingles: { unit: 'character', size: 5 },
  threshold: 0.8,
  bands: 12,
  rows: 4,
};

export interface NearDuplicates {
  /** By ordinal among the rows given: 1 for a row that an earlier one with the same label makes superfluous. */
  readonly removed: Uint8Array;
  /** Ordinals joined by likeness, whatever their labels; the removed ones too. */
  readonly clusters: DisjointSets;
  /** Rows kept although an earlier row is alike, since their labels differ. */
  readonly differing: number;
}

/**
 * Finds rows whose texts are nearly the same. One that says the same as an earlier row is removed; one with another label
 * is kept, since a small change such as a negation may be what it is about, but joins the cluster.
 *
 * Rows are read from the spool again, one at a time; in memory are the index (near-index.ts) and some recent texts.
 *
 * @param kept  numbers of the rows to look at, ascending
 */
export async function findNearDuplicates(
  spoolPath: string,
  table: RowTable,
  kept: Uint32Array,
  options: NearOptions,
): Promise<NearDuplicates> {
  const clusters = new DisjointSets(kept.length);
  const removed = new Uint8Array(kept.length);
  const index = new NearIndex(kept.length, options, options.threshold);
  const hasher = new MinHash(options);
  const sets = new ShingleSets(spoolPath, table, options.shingles);
  let [ordinal, differing] = [0, 0];
  try {
    for await (const batch of readExamples(spoolPath)) {
      for (const [row, example] of batch) {
        if (row !== kept[ordinal]) continue;
        const hashes = shingleHashes(identityOf(example), options.shingles);
        const sketch = hasher.sketchOf(hashes);
        const near = alike(index.candidates(sketch), hashes, (at) => sets.of(kept[at]!), options.threshold);
        for (const earlier of near) clusters.union(earlier, ordinal);
        if (near.some((earlier) => table.target[kept[earlier]!] === table.target[row])) removed[ordinal] = 1;
        else {
          index.add(ordinal, sketch);
          if (near.length > 0) differing++;
        }
        ordinal++;
      }
    }
  } finally {
    sets.close();
  }
  return { removed, clusters, differing };
}

function alike(
  candidates: readonly number[],
  hashes: Uint32Array,
  setOf: (ordinal: number) => Uint32Array,
  threshold: number,
): number[] {
  if (candidates.length === 0) return [];
  const own = shingleSet(hashes);
  return candidates.filter((candidate) => jaccard(own, setOf(candidate)) >= threshold);
}

/** Hashes held at most, 4 bytes each. */
const CACHED_HASHES = 1 << 22;

/** Shingle sets of rows, read from the spool; the most recently used stay in memory. */
class ShingleSets {
  private readonly reader: ExampleReader;
  private readonly recent = new Map<number, Uint32Array>();
  private held = 0;

  constructor(
    path: string,
    private readonly table: RowTable,
    private readonly options: ShingleOptions,
  ) {
    this.reader = new ExampleReader(path);
  }

  of(row: number): Uint32Array {
    const known = this.recent.get(row);
    const set = known ?? this.load(row);
    if (known) this.recent.delete(row);
    else this.held += set.length;
    this.recent.set(row, set);
    for (const [oldest, { length }] of this.recent) {
      if (this.held <= CACHED_HASHES) break;
      this.recent.delete(oldest);
      this.held -= length;
    }
    return set;
  }

  close(): void {
    this.reader.close();
  }

  private load(row: number): Uint32Array {
    const example = this.reader.read(this.table.offset[row]!, this.table.bytes[row]!);
    return shingleSet(shingleHashes(identityOf(example), this.options));
  }
}
