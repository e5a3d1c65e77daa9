import { describe, expect, it } from 'vitest';
import { planBatch, type Plannable } from './batch-planner.js';
import { lengthBucket } from './length-bucket.js';

const row = (tokens: number, pages = 1): Plannable => ({ tokens, pages });
const limits = { maxTokens: 512, maxRows: 64 };
const lengths = (rows: readonly Plannable[]): number[] => rows.map(({ tokens }) => tokens);

describe('lengthBucket', () => {
  it('holds its length and wastes at most a third above 16 tokens', () => {
    for (let tokens = 1; tokens <= 2048; tokens++) {
      expect(lengthBucket(tokens)).toBeGreaterThanOrEqual(tokens);
      if (tokens > 16) expect(tokens / lengthBucket(tokens)).toBeGreaterThan(2 / 3);
    }
    expect([1, 8, 9, 33, 48, 49, 64, 65, 97, 512].map(lengthBucket)).toEqual([8, 8, 16, 48, 48, 64, 64, 96, 128, 512]);
  });
});

describe('planBatch', () => {
  it('is empty for nobody', () => expect(planBatch([], limits)).toEqual([]));

  it('takes rows of one length bucket and leaves the long one for another batch', () => {
    expect(lengths(planBatch([row(12), row(200), row(14), row(13)], limits))).toEqual([12, 14, 13]);
  });

  it('lets near neighbours in while padding stays small', () => {
    expect(lengths(planBatch([row(16), row(18), row(60)], limits))).toEqual([16, 18]);
  });

  it('keeps rows × longest within the token budget', () => {
    const plan = planBatch(
      Array.from({ length: 40 }, (_, i) => row(60 + (i % 5))),
      limits,
    );
    expect(plan.length * Math.max(...lengths(plan))).toBeLessThanOrEqual(512);
    expect(plan.length).toBe(8);
  });

  it('keeps to the row limit', () => {
    expect(
      planBatch(
        Array.from({ length: 100 }, () => row(4)),
        { maxTokens: 4096, maxRows: 64 },
      ),
    ).toHaveLength(64);
  });

  it('always takes the first row, even one larger than the budget', () => {
    expect(lengths(planBatch([row(1000), row(4)], limits))).toEqual([1000]);
  });

  it('keeps page buckets apart; a bare row rides with one page', () => {
    const plan = planBatch([row(10, 1), row(10, 0), row(10, 2), row(10, 1)], limits);
    expect(plan.map(({ pages }) => pages)).toEqual([1, 0, 1]);
  });

  it('keeps whole models apart, from each other and from the base', () => {
    const rows = [{ ...row(5, 0), trunk: 'a' }, row(5, 0), { ...row(6, 0), trunk: 'b' }, { ...row(7, 0), trunk: 'a' }];
    expect(lengths(planBatch(rows, limits))).toEqual([5, 7]);
    expect(lengths(planBatch(rows.slice(1), limits))).toEqual([5]);
  });

  it('runs a row of more than 16 pages alone', () => {
    expect(planBatch([row(10, 20), row(10, 20)], limits)).toHaveLength(1);
  });
});
