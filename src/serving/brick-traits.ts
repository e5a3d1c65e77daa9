import { unpackBrick } from '../adapters/packed.js';
import { systemClock } from '../common/clock.js';
import { TimedCache } from '../common/timed-cache.js';
import { partsOf, type BrickPart } from '../composition/brick-parts.js';
import type { BrickRef } from './brick-ref.js';
import type { BrickTiers } from './brick-tiers.js';

/** What composing asks of a brick before it is put into a row. */
export interface BrickTraits {
  readonly parts: readonly BrickPart[];
  /** It brings gate vectors of its own. */
  readonly hasGates: boolean;
}

const WHOLE_MODEL: BrickTraits = { parts: ['whole_model'], hasGates: false };
/** A version never changes, so what is known of it holds; this bounds only how long it stays in memory. */
const TTL_MS = 3_600_000;
const CAPACITY = 50_000;

/** Reads what bricks hold, each once. */
export class BrickTraitsReader {
  private readonly known = new TimedCache<BrickTraits>({ ttlMs: TTL_MS, capacity: CAPACITY, clock: systemClock });

  constructor(private readonly tiers: Pick<BrickTiers, 'fetch'>) {}

  require(ref: BrickRef): Promise<BrickTraits> {
    if (ref.isModel === true) return Promise.resolve(WHOLE_MODEL);
    return this.known.get(ref.id, async () => {
      const brick = unpackBrick(await this.tiers.fetch(ref));
      return { parts: partsOf(brick), hasGates: brick.gates !== undefined };
    });
  }
}
