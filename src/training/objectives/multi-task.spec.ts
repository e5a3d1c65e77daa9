import { describe, expect, it } from 'vitest';
import { expectOp } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { tensor } from '../../engine/tensor.js';
import { multiTaskLoss, multiTaskOptions } from './multi-task.js';

const executors = useExecutors();
const vector = (...data: number[]) => ({ shape: [data.length], data });
const losses = vector(3, 0, 8);
const COUNTS = tensor('float32', [3], Float32Array.of(2, 0, 4));

describe('the loss of several tasks', () => {
  it('is the weighed sum of their means, with its gradients; a task without rows adds nothing', async () => {
    await expectOp(executors(), {
      inputs: { losses },
      build: ({ losses }, graph) => multiTaskLoss({ losses, weights: graph.constant(COUNTS) }, [1, 5, 0.25]),
      expected: [[1.5 + 0.25 * 2]],
    });
  });

  it('weighs by uncertainty, with its gradients by losses and log-variances', async () => {
    const [s, t] = [0.3, -0.4];
    await expectOp(executors(), {
      inputs: { losses, s: vector(s, 9, t) },
      build: ({ losses, s }, graph) => multiTaskLoss({ losses, weights: graph.constant(COUNTS) }, [1, 5, 0.25], s),
      expected: [[Math.exp(-s) * 1.5 + s / 2 + Math.exp(-t) * 0.5 + t / 2]],
    });
  });

  it.each([{}, { one: 1 }, { one: 1, two: 0 }, { one: 1, 'No Name': 1 }])('refuses the tasks %j', (tasks) => {
    expect(multiTaskOptions.safeParse({ name: 'multi_task', tasks }).success).toBe(false);
  });
});
