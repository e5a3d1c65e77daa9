import { describe, expect, it } from 'vitest';
import { expectOp, type OpInput } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { dim } from '../../engine/dim.js';
import { Graph } from '../../engine/graph.js';
import { sub } from '../../engine/ops/sub.js';
import { crossEntropy, crossEntropyOptions } from './cross-entropy.js';
import { meanLoss } from './objective.js';

const executors = useExecutors();
const make = (options: object = {}) => crossEntropy(crossEntropyOptions.parse({ name: 'cross_entropy', ...options }));
const labels = (data: readonly number[]): OpInput => ({ shape: [data.length], dtype: 'int32', data });

describe('cross entropy', () => {
  it.each([
    ['plain', {}],
    ['weighted and smoothed', { classWeights: [0.5, 1, 2], labelSmoothing: 0.1 }],
    ['adjusted for a long tail', { logitAdjustment: 1, labelShares: [0.7, 0.3, 0] }],
  ])('has the gradient of its value: %s', async (_, options) => {
    await expectOp(executors(), {
      inputs: { x: { shape: [3, 3] }, y: labels([2, -100, 0]) },
      build: ({ x, y }) => meanLoss(make(options).rowLosses({ outputs: x, targets: y })),
    });
  });

  it('is that of the smaller label set when labels are masked, smoothing included', async () => {
    const options = { labelSmoothing: 0.2 };
    await expectOp(executors(), {
      inputs: {
        x: { shape: [2, 3], data: [1, -2, 50, 0.5, 0.25, 70] },
        small: { shape: [2, 2], data: [1, -2, 0.5, 0.25] },
        has: { shape: [2, 3], dtype: 'bool', data: [1, 1, 0, 1, 1, 0] },
        y: labels([0, 1]),
      },
      build({ x, small, has, y }) {
        const masked = meanLoss(make(options).rowLosses({ outputs: x, targets: y, isLabel: has }));
        const plain = meanLoss(make(options).rowLosses({ outputs: small, targets: y }));
        return [sub(masked, plain)];
      },
      expected: [[0]],
      gradient: 'none',
    });
  });

  it('counts tokens over symbolic axes, each row with its weight', async () => {
    const [batch, seq] = [dim('batch'), dim('seq')];
    const [loss] = await expectOp(executors(), {
      inputs: {
        x: { shape: [batch, seq, 2], data: Array<number>(12).fill(0) },
        y: { shape: [batch, seq], dtype: 'int32', data: [0, 1, -100, -100, -100, 1] },
        w: { shape: [batch, 1], data: [1, 3] },
      },
      build: ({ x, y, w }) => [meanLoss(make().rowLosses({ outputs: x, targets: y }), w)],
      gradient: 'none',
    });
    expect(loss!.data[0]).toBeCloseTo(Math.LN2, 6);
  });

  it('is finite for logits of any size, and NaN when no row counts', async () => {
    const [far, none] = await expectOp(executors(), {
      inputs: { x: { shape: [1, 2], data: [1e30, -1e30] }, y: labels([0]), no: labels([-100]) },
      build: ({ x, y, no }) => [y, no].map((targets) => meanLoss(make().rowLosses({ outputs: x, targets }))),
      gradient: 'none',
    });
    expect([far!.data[0], none!.data[0]]).toEqual([0, NaN]);
  });

  it('refuses targets of another shape, weights of another length, shares that are missing', () => {
    const graph = new Graph('g');
    const outputs = graph.input('x', 'float32', [4, 3]);
    const targets = graph.input('y', 'int32', [4]);
    expect(() => make().rowLosses({ outputs, targets: graph.input('z', 'int32', [3]) })).toThrow(
      /targets: expected \[4\]/,
    );
    expect(() => make({ classWeights: [1] }).rowLosses({ outputs, targets })).toThrow(
      /classWeights: expected 3 numbers/,
    );
    expect(() => make({ logitAdjustment: 1 }).rowLosses({ outputs, targets })).toThrow(/labelShares/);
  });
});
