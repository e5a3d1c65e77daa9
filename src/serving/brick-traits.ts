import { GATE_PLACES, type Brick, type Centroid, type GatePlace } from '../adapters/brick.js';
import { unpackBrick } from '../adapters/packed.js';
import { systemClock } from '../common/clock.js';
import { TimedCache } from '../common/timed-cache.js';
import { partsOf, type BrickPart } from '../composition/brick-parts.js';
import { routedPlaces } from '../composition/routed-places.js';
import { arrowPlaces } from '../composition/routing/arrow.js';
import type { BrickRef } from './brick-ref.js';
import type { BrickTiers } from './brick-tiers.js';

/** What composing asks of a brick before it is put into a row. */
export interface BrickTraits {
  readonly parts: readonly BrickPart[];
  /** Where a route would need a gate vector of it. */
  readonly routedPlaces: readonly GatePlace[];
  /** Where a prototype for Arrow can be derived from it. */
  readonly arrowPlaces: readonly GatePlace[];
  /** Where it brings gate vectors, and the law that they are for. */
  readonly gatePlaces: readonly GatePlace[];
  readonly gatesFor?: Brick['gatesFor'];
  readonly centroid?: Centroid;
  /** The blocks that its bottlenecks stand after and what they read there, e.g. `ffn (normed)`. */
  readonly bottlenecks: readonly string[];
  /** Of a router by AdapterFusion: the blocks that it has matrices for. */
  readonly fusedBlocks?: readonly string[];
  /** Of a router: how many bricks it weighs. */
  readonly experts?: number;
}

const WHOLE_MODEL: BrickTraits = {
  parts: ['whole_model'],
  routedPlaces: [],
  arrowPlaces: [],
  gatePlaces: [],
  bottlenecks: [],
};
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
      return traitsOf(unpackBrick(await this.tiers.fetch(ref)));
    });
  }
}

function traitsOf(brick: Brick): BrickTraits {
  const { gates = {}, gatesFor, centroid, experts, bottlenecks, fusion } = brick;
  return {
    parts: partsOf(brick),
    routedPlaces: routedPlaces(brick),
    arrowPlaces: arrowPlaces(brick),
    gatePlaces: GATE_PLACES.filter((place) => gates[place] !== undefined),
    bottlenecks: [...new Set(bottlenecks.map(({ slot, input }) => `${slot} (${input})`))].sort(),
    ...(fusion && { fusedBlocks: Object.keys(fusion) }),
    ...(gatesFor && { gatesFor }),
    // Not a view of the file, which would stay in memory with it.
    ...(centroid && { centroid: { ...centroid, vector: centroid.vector.slice() } }),
    ...(experts !== undefined && { experts }),
  };
}
