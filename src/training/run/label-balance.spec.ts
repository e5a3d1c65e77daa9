import { describe, expect, it } from 'vitest';
import { objectiveOptions } from '../objectives/table.js';
import type { EncodedExample } from './encoded-example.js';
import { balancedObjective, labelCounts } from './label-balance.js';

const row = (target: Partial<EncodedExample>): EncodedExample => ({
  ...{ inputIds: Int32Array.of(1), tokenTypeIds: Int32Array.of(0), weight: 1, tokens: 1 },
  ...target,
});
const crossEntropy = objectiveOptions.parse({ name: 'cross_entropy' });
const binary = objectiveOptions.parse({ name: 'binary_cross_entropy' });

describe('labelCounts', () => {
  it('counts rows, tokens that have a label, and each of several labels', () => {
    const single = { labels: ['a', 'b', 'c'], problem: 'single' as const };
    expect(labelCounts(single, [row({ label: 0 }), row({ label: 2 }), row({ label: 2 })])).toEqual([1, 0, 2]);
    expect(labelCounts(single, [row({ tokenLabels: Int32Array.of(-100, 0, 0, 1, -100) })])).toEqual([2, 1, 0]);
    const multi = { labels: ['a', 'b'], problem: 'multi' as const };
    const rows = [row({ values: Float32Array.of(1, 1) }), row({ values: Float32Array.of(0, 1) })];
    expect(labelCounts(multi, rows)).toEqual([1, 2]);
  });
});

describe('balancedObjective', () => {
  it('weighs labels so that each adds the same, with a mean of one', () => {
    const data = { counts: [30, 10], targets: 40 };
    const found = balancedObjective(crossEntropy, { labelWeights: 'balanced' }, data);
    expect(found).toMatchObject({ classWeights: [0.5, 1.5] });
    expect(balancedObjective(binary, { labelWeights: 'balanced' }, data)).toMatchObject({
      positiveWeights: [1 / 3, 3],
    });
    expect(balancedObjective(crossEntropy, { labelWeights: 'none' }, data)).toEqual(crossEntropy);
  });

  it('takes the shares of a logit adjustment from the data unless they are given', () => {
    const adjusted = objectiveOptions.parse({ name: 'cross_entropy', logitAdjustment: 1 });
    const data = { counts: [30, 10], targets: 40 };
    expect(balancedObjective(adjusted, { labelWeights: 'none' }, data)).toMatchObject({ labelShares: [0.75, 0.25] });
  });

  it('refuses weights where they mean nothing', () => {
    const data = { counts: [1], targets: 1 };
    const huber = objectiveOptions.parse({ name: 'huber' });
    expect(() => balancedObjective(huber, { labelWeights: 'balanced' }, data)).toThrow(/got balanced with huber/);
    expect(() => balancedObjective(binary, { labelWeights: 'effective' }, data)).toThrow(/got effective with binary/);
  });
});
