import { describe, expect, it } from 'vitest';
import type { Channel } from '../adapters/rows/channel.js';
import { ShapeError } from '../common/errors.js';
import { PagePool } from './page-pool.js';

const channel: Channel = {
  name: 'low_rank.query',
  pool: 'low_rank.query',
  law: 'sum',
  isPaged: true,
  fields: { a: [2, 3], b: [2] },
};
const scale: Channel = {
  name: 'output_scale.query',
  pool: 'output_scale.query',
  law: 'scale',
  isPaged: false,
  fields: { value: [2, 2] },
};
const PAGE_BYTES = 4 * (6 + 2);

function load(pool: PagePool, pages: number, value = 1): number[] {
  return pool.load(pages, { a: new Float32Array(6 * pages).fill(value), b: new Float32Array(2 * pages).fill(value) });
}

function page(pool: PagePool, field: 'a' | 'b', id: number): number[] {
  const { data } = pool.feeds()[`low_rank.query.${field}`]!;
  const size = field === 'a' ? 6 : 2;
  return [...data.subarray(id * size, (id + 1) * size)];
}

describe('PagePool', () => {
  it('holds the identity at page 0: zeros for what is added, ones for scales', () => {
    expect(page(new PagePool(channel), 'a', 0)).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...new PagePool(scale).feeds()['output_scale.query.value']!.data]).toEqual([1, 1, 1, 1]);
  });

  it('writes each page where its id says and never gives out page 0', () => {
    const pool = new PagePool(channel);
    const ids = pool.load(2, { a: Float32Array.from({ length: 12 }, (_, i) => i), b: Float32Array.of(20, 21, 22, 23) });
    expect(ids).toEqual([1, 2]);
    expect(page(pool, 'a', 2)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(page(pool, 'b', 1)).toEqual([20, 21]);
  });

  it('feeds its arrays with the leading axes flattened', () => {
    const pool = new PagePool(channel);
    load(pool, 1);
    expect(pool.feeds()['low_rank.query.a']!.shape).toEqual([8 * 2, 3]);
    expect(pool.feeds()['low_rank.query.b']!.shape).toEqual([8, 2]);
  });

  it('grows without changing what it holds', () => {
    const pool = new PagePool(channel);
    const first = load(pool, 3, 5);
    const ids = new Set([...first, ...load(pool, 40, 6), ...load(pool, 1, 7)]);
    expect(ids.size).toBe(44);
    expect(first.map((id) => page(pool, 'b', id))).toEqual([
      [5, 5],
      [5, 5],
      [5, 5],
    ]);
  });

  it('leaves nothing of freed pages and gives them out again', () => {
    const pool = new PagePool(channel);
    const ids = load(pool, 2, 9);
    pool.free(ids);
    expect(ids.flatMap((id) => page(pool, 'a', id))).toEqual(new Array(12).fill(0));
    expect(load(pool, 2).sort()).toEqual(ids.sort());
  });

  it('counts bytes in use and bytes held', () => {
    const pool = new PagePool(channel);
    expect([pool.usedBytes, pool.allocatedBytes]).toEqual([0, PAGE_BYTES]);
    const ids = load(pool, 3);
    expect([pool.usedBytes, pool.allocatedBytes]).toEqual([3 * PAGE_BYTES, 8 * PAGE_BYTES]);
    pool.free(ids);
    expect(pool.usedBytes).toBe(0);
  });

  it('compacts when mostly free and tells where the pages went', () => {
    const pool = new PagePool(channel);
    const before = load(pool, 60, 1);
    const kept = load(pool, 2, 4);
    pool.free(before);
    const moved = pool.compact()!;
    expect([...moved]).toEqual([[0, 0], ...kept.map((id, index) => [id, index + 1])]);
    expect(kept.map((id) => page(pool, 'b', moved.get(id)!))).toEqual([
      [4, 4],
      [4, 4],
    ]);
    expect(pool.allocatedBytes).toBe(8 * PAGE_BYTES);
    expect(load(pool, 5)).toEqual([3, 4, 5, 6, 7]);
  });

  it('stays as it is while enough is in use', () => {
    const pool = new PagePool(channel);
    load(pool, 10);
    pool.free(load(pool, 10));
    expect(pool.compact()).toBeUndefined();
  });

  it('refuses arrays of another length', () => {
    expect(() => new PagePool(channel).load(1, { a: new Float32Array(6), b: new Float32Array(3) })).toThrow(ShapeError);
  });
});
