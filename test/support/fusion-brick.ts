import type { Brick } from '../../src/adapters/brick.js';
import type { SiteTable } from '../../src/models/sites.js';
import { SeededRandom } from './seeded-random.js';

const SLOTS = ['attention', 'ffn'] as const;

/** A brick of random fusion matrices alone, or with V = I. */
export function fusionBrick(
  { layers, hidden }: SiteTable,
  seed: number,
  { slots = SLOTS, isIdentity = false }: { slots?: readonly (typeof SLOTS)[number][]; isIdentity?: boolean } = {},
): Brick {
  const random = new SeededRandom(seed);
  const size = layers * hidden * hidden;
  const matrices = () => ({
    score: random.floats(size, -0.2, 0.2),
    offset: random.floats(layers * hidden, -0.2, 0.2),
    value: isIdentity ? identities(layers, hidden) : random.floats(size, -0.4, 0.4),
  });
  const fusion = Object.fromEntries(slots.map((slot) => [slot, matrices()]));
  return { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], fusion };
}

function identities(layers: number, hidden: number): Float32Array {
  const all = new Float32Array(layers * hidden * hidden);
  for (let row = 0; row < layers * hidden; row++) all[row * hidden + (row % hidden)] = 1;
  return all;
}
