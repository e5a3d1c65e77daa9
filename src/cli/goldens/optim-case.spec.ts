import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { GoldenSet } from './golden-set.js';
import { compareOptimCase } from './optim-case.js';

const executors = useExecutors();
const set = await GoldenSet.open('test/goldens');
const entries = set.entries.filter(({ group }) => group === 'I');

describe('optimisers, schedules, losses and clipping', () => {
  it('are all four in the selection', () => {
    expect(entries).toHaveLength(4);
  });

  it.each(entries.map((entry) => [entry.id, entry] as const))(
    '%s: what PyTorch gives, on both executors',
    async (_, entry) => {
      expect(await compareOptimCase(set, entry, executors().onnx)).toBeLessThanOrEqual(1);
      expect(await compareOptimCase(set, entry, executors().tfjs)).toBeLessThanOrEqual(1);
    },
  );
});
