import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { Graph } from '../graph.js';
import { dequantizeWeight } from './dequantize-weight.js';

const executors = useExecutors();

describe('dequantizeWeight', () => {
  it('is the scaled weight in PyTorch’s layout', async () => {
    const [y] = await expectOp(executors(), {
      inputs: {
        w: { shape: [2, 3], dtype: 'int8', data: [1, -2, 64, 0, 5, -64] },
        scale: { shape: [3], data: [0.5, 10, 0.25] },
      },
      build: ({ w, scale }) => dequantizeWeight(w, scale),
      expected: [[0.5, 0, -20, 50, 16, -16]],
      gradient: 'none',
    });
    expect(y?.shape).toEqual([3, 2]);
  });

  it('of an output without weights is zeros, and of a huge scale infinite', async () => {
    await expectOp(executors(), {
      inputs: {
        w: { shape: [1, 3], dtype: 'int8', data: [7, 64, 0] },
        scale: { shape: [3], data: [0, 3e38, 3e38] },
      },
      build: ({ w, scale }) => dequantizeWeight(w, scale),
      expected: [[0, Infinity, 0]],
      gradient: 'none',
    });
  });

  it('of no input is empty', async () => {
    const [y] = await expectOp(executors(), {
      inputs: { w: { shape: [0, 3], dtype: 'int8' }, scale: { shape: [3] } },
      build: ({ w, scale }) => dequantizeWeight(w, scale),
      gradient: 'none',
    });
    expect(y?.shape).toEqual([3, 0]);
  });

  it('refuses floats, vectors and scales of another length', () => {
    const graph = new Graph('g');
    const [w, scale] = [graph.input('w', 'int8', [2, 3]), graph.input('scale', 'float32', [3])];
    expect(() => dequantizeWeight(scale, scale)).toThrow('dequantizeWeight: w: expected int8, got float32');
    expect(() => dequantizeWeight(graph.input('v', 'int8', [3]), scale)).toThrow('w: expected two axes, got [3]');
    expect(() => dequantizeWeight(w, graph.input('two', 'float32', [2]))).toThrow('scale: expected [3], got [2]');
  });
});
