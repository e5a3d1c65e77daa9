import { describe, expect, it } from 'vitest';
import { Batches, epochBatches, splitBatch } from './batches.js';

const plan = { seed: 5, batchSize: 4, lengths: Array.from({ length: 70 }, (_, at) => (at * 37) % 61) };

describe('epochBatches', () => {
  it('holds every example once, in batches of like lengths, in another order each epoch', () => {
    const batches = epochBatches(plan, 0);
    expect(batches.flat().sort((a, b) => a - b)).toEqual(plan.lengths.map((_, at) => at));
    const spreads = batches.map((batch) => {
      const lengths = batch.map((at) => plan.lengths[at]!);
      return Math.max(...lengths) - Math.min(...lengths);
    });
    expect(Math.max(...spreads)).toBeLessThan(10);
    expect(epochBatches(plan, 0)).toEqual(batches);
    expect(epochBatches(plan, 1)).not.toEqual(batches);
    expect(epochBatches({ ...plan, seed: 6 }, 0)).not.toEqual(batches);
  });
});

describe('epochBatches of a long tail', () => {
  it('draws labels as often as asked, another choice of rows each epoch', () => {
    const labels = Int32Array.from(plan.lengths, (_, at) => (at < 60 ? 0 : 1));
    const under = { ...plan, resample: { labels, kind: 'under' as const } };
    const batches = epochBatches(under, 0);
    const drawn = batches.flat();
    expect(drawn.filter((at) => labels[at] === 0)).toHaveLength(10);
    expect(drawn.filter((at) => labels[at] === 1)).toHaveLength(10);
    expect(epochBatches(under, 1).flat().sort()).not.toEqual([...drawn].sort());
    expect(new Batches(under).perEpoch).toBe(batches.length);
    const over = epochBatches({ ...plan, resample: { labels, kind: 'over' } }, 0).flat();
    expect(over.filter((at) => labels[at] === 1)).toHaveLength(60);
  });
});

describe('Batches', () => {
  it('gives a step the same batch whatever was asked for before', () => {
    const [forward, direct] = [new Batches(plan), new Batches(plan)];
    expect(forward.perEpoch).toBe(18);
    const all = Array.from({ length: 40 }, (_, step) => forward.at(step));
    expect(direct.at(39)).toEqual(all[39]);
    expect(direct.at(3)).toEqual(all[3]);
  });
});

describe('splitBatch', () => {
  it('cuts a batch into parts none of which is empty', () => {
    expect(splitBatch([1, 2, 3, 4, 5], 2)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(splitBatch([1, 2], 4)).toEqual([[1], [2]]);
    expect(splitBatch([1, 2, 3], 1)).toEqual([[1, 2, 3]]);
  });
});
