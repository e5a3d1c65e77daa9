import type { Brick } from '../adapters/brick.js';

/** Pages of the widest site group: what decides the page bucket of a batch. */
export function brickPages(brick: Brick): number {
  const groups = [...Object.values(brick.lowRank), ...brick.embeddings, ...brick.bottlenecks];
  return Math.max(0, ...groups.map(({ pages }) => pages));
}
