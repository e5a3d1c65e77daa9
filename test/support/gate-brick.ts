import { GATE_PLACES, type Brick, type GatePlace } from '../../src/adapters/brick.js';
import type { SiteTable } from '../../src/models/sites.js';
import { SeededRandom } from './seeded-random.js';

/** A brick of gate vectors alone; standardised ones have mean 0 and variance 1 in each layer. */
export function gateBrick(
  sites: SiteTable,
  seed: number,
  { places = GATE_PLACES, isStandardised = false }: { places?: readonly GatePlace[]; isStandardised?: boolean } = {},
): Brick {
  const random = new SeededRandom(seed);
  const gates = Object.fromEntries(
    places.map((place) => {
      const width = sites.sites.find(({ role }) => role === place)?.in ?? sites.hidden;
      const vectors = Array.from({ length: sites.layers }, () => random.floats(width));
      return [place, Float32Array.from(vectors.flatMap((one) => [...(isStandardised ? standardised(one) : one)]))];
    }),
  );
  return { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], gates };
}

function standardised(vector: Float32Array): Float32Array {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  const deviation = Math.sqrt(vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length);
  return vector.map((value) => (value - mean) / deviation);
}
