import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { resampledCounts, resampleRows } from './resample.js';

describe('resampling', () => {
  it('has the counts of its rule', () => {
    expect(resampledCounts([100, 4, 0], 'over')).toEqual([100, 100, 0]);
    expect(resampledCounts([100, 4, 0], 'under')).toEqual([4, 4, 0]);
    expect(resampledCounts([100, 4, 0], 'sqrt')).toEqual([87, 17, 0]); // 104 · 10/12, 104 · 2/12
  });

  it('repeats rows of a label evenly and draws the rest without repeats', () => {
    const labels = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 2, 2, 2);
    for (let seed = 0; seed < 20; seed++) {
      const rows = [...resampleRows(labels, 'over', Random.stream(seed, 'resample'))];
      const times = [7, 8, 9].map((row) => rows.filter((own) => own === row).length);
      expect([rows.length, Math.min(...times), Math.max(...times)]).toEqual([14, 2, 3]);
    }
    expect(resampleRows(labels, 'under', Random.stream(0, 'x')).length).toBe(6);
  });

  it('repeats for a stream, and gives nothing for nothing', () => {
    const labels = Int32Array.of(0, 1, 1, 1);
    const draw = () => resampleRows(labels, 'under', Random.stream(4, 'x'));
    expect(draw()).toEqual(draw());
    expect(resampleRows(new Int32Array(), 'over', Random.stream(0, 'x')).length).toBe(0);
  });

  it('refuses labels below 0', () => {
    expect(() => resampleRows(Int32Array.of(-100), 'over', Random.stream(0, 'x'))).toThrow('got -100');
  });
});
