import type { Brick } from '../adapters/brick.js';

/** Bytes of all arrays of a brick, its head's among them: what it takes in the pools, page padding included. */
export function brickBytes(brick: Brick): number {
  let bytes = 0;
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) bytes += value.byteLength;
    else if (Array.isArray(value)) value.forEach(visit);
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit);
  };
  visit(brick);
  return bytes;
}

/** Pages of the widest site group: what decides the page bucket of a batch. */
export function brickPages(brick: Brick): number {
  const groups = [...Object.values(brick.lowRank), ...brick.embeddings, ...brick.bottlenecks];
  return Math.max(0, ...groups.map(({ pages }) => pages));
}
