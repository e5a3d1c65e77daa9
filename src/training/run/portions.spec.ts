import { describe, expect, it } from 'vitest';
import type { BatchRow } from './collate.js';
import { isOnePass, portions } from './portions.js';

function rows(run: number, count: number, tokens: number): BatchRow[] {
  const example = { inputIds: new Int32Array(tokens), tokens, weight: 1 };
  return Array.from({ length: count }, (_, index) => ({
    example,
    index,
    run,
  }));
}

const sizes = (passes: BatchRow[][][]) => passes.map((pass) => pass.map(({ length }) => length));

describe('portions', () => {
  it('keeps small runs in one pass, and gives those without rows none', () => {
    expect(sizes(portions([rows(0, 16, 64), [], rows(2, 16, 64)]))).toEqual([[16, 0, 16]]);
    expect(portions([[], []])).toEqual([]);
  });

  it('never divides a run, and counts the padding that the longest brings', () => {
    expect(sizes(portions([rows(0, 100, 128), rows(1, 8, 128), rows(2, 16, 128), rows(3, 16, 16)]))).toEqual([
      [100, 0, 0, 0],
      [0, 8, 16, 0],
      [0, 0, 0, 16],
    ]);
  });

  it('knows beforehand whether one pass is always enough', () => {
    const run = (batchSize: number, tokens: number, accumulation = 1) => ({
      spec: { batchSize, accumulation } as never,
      train: rows(0, 40, tokens).map(({ example }) => example),
    });
    expect(isOnePass([run(16, 64), run(16, 64)])).toBe(true);
    expect(isOnePass([run(16, 128), run(32, 64)])).toBe(false);
    expect(isOnePass([run(16, 128), run(32, 64, 4)])).toBe(true);
    expect(isOnePass([run(4096, 100), run(1, 4)])).toBe(false);
  });
});
