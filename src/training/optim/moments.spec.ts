import { describe, it } from 'vitest';
import { expectOp } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { mul } from '../../engine/ops/mul.js';
import { tensor } from '../../engine/tensor.js';
import { oneMinusPower } from './moments.js';

const executors = useExecutors();
const STEPS = [1, 2, 10, 1000, 100_000, 10_000_000];

describe('the correction of a moving average', () => {
  it.each([0, 0.5, 0.9, 0.98, 0.999, 0.999_999])('keeps its digits for β = %d from the first step on', async (beta) => {
    const exact = STEPS.map((t) => (beta === 0 ? 1 : -Math.expm1(t * Math.log(beta))));
    const inverse = tensor(
      'float32',
      [STEPS.length],
      Float32Array.from(exact, (x) => 1 / x),
    );
    await expectOp(executors(), {
      inputs: { t: { shape: [STEPS.length], data: STEPS } },
      build: ({ t }, graph) => mul(oneMinusPower(beta, t), graph.constant(inverse)), // relative to the exact value
      expected: [STEPS.map(() => 1)],
      tolerance: 1e-6,
      gradient: 'none',
    });
  });
});
