import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { layerNorm } from './layer-norm.js';

const executors = useExecutors();
const [batch, seq] = [dim('batch'), dim('seq')];

describe('layerNorm', () => {
  it.each([
    ['rows of a batch', [batch, seq, 4]],
    ['one row', [4]],
  ])('agrees on both executors, and so do its gradients: %s', async (_, shape) => {
    await expectOp(executors(), {
      inputs: {
        x: { shape, data: (size, random) => random.floats(size, -2, 2) },
        gain: { shape: [4] },
        bias: { shape: [4] },
      },
      build: ({ x, gain, bias }) => layerNorm(x, gain, bias, 1e-5),
      tolerance: 3e-5,
    });
  });

  it('equals its definition', async () => {
    const inverse = 1 / Math.sqrt(1.25 + 1e-3); // of 1, 2, 3, 4: mean 2.5, variance 1.25
    await expectOp(executors(), {
      inputs: {
        x: { shape: [1, 4], data: [1, 2, 3, 4] },
        gain: { shape: [4], data: [1, 1, 2, 1] },
        bias: { shape: [4], data: [0, 0, 0, 5] },
      },
      build: ({ x, gain, bias }) => layerNorm(x, gain, bias, 1e-3),
      expected: [[-1.5 * inverse, -0.5 * inverse, inverse, 5 + 1.5 * inverse]],
      gradient: 'none',
    });
  });

  it('of a constant row is the bias, and keeps NaN inside its row', async () => {
    await expectOp(executors(), {
      inputs: {
        x: { shape: [3, 2], data: [7, 7, NaN, 1, 0, 0] },
        gain: { shape: [2], data: [3, 3] },
        bias: { shape: [2], data: [1, 2] },
      },
      build: ({ x, gain, bias }) => layerNorm(x, gain, bias, 1e-12),
      expected: [[1, 2, NaN, NaN, 1, 2]],
      gradient: 'none',
    });
  });

  it('keeps an empty batch empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { x: { shape: [batch, 2] }, gain: { shape: [2] }, bias: { shape: [2] } },
      build: ({ x, gain, bias }) => layerNorm(x, gain, bias, 1e-5),
      sizes: { batch: 0 },
      gradient: 'none',
    });
    expect(y?.shape).toEqual([0, 2]);
  });

  it('refuses a gain of another width', () => {
    const graph = new Graph('g');
    const [x, gain] = [graph.input('x', 'float32', [batch, 4]), graph.input('gain', 'float32', [3])];
    expect(() => layerNorm(x, gain, gain, 1e-5)).toThrow('layerNorm: gain: expected [4], got [3]');
  });
});
