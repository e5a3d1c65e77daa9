import { describe, expect, it } from 'vitest';
import { expectOp } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { alongRuns, clipByGlobalNorm, globalNorm } from './clip.js';

const executors = useExecutors();
const inputs = {
  a: { shape: [2, 2], data: [3, 0, 0.3, 0.4] },
  b: { shape: [2, 1, 2], data: [0, 4, 0, 0] },
  max: { shape: [2], data: [1, 1] },
};

describe('clipping by the global norm', () => {
  it('takes one norm over all gradients', async () => {
    const norm = Math.sqrt(25.25);
    await expectOp(executors(), {
      inputs: { a: inputs.a, b: inputs.b },
      build: ({ a, b }) => [globalNorm([a, b]), ...clipByGlobalNorm([a, b], 1).gradients],
      expected: [[norm], inputs.a.data.map((x) => x / norm), inputs.b.data.map((x) => x / norm)],
      gradient: 'none',
    });
  });

  it('takes a norm for each run, with a bound of its own, and leaves those below it alone', async () => {
    const [norm, a] = await expectOp(executors(), {
      inputs,
      build({ a, b, max }) {
        const clipped = clipByGlobalNorm([a, b], max, { perRun: true });
        return [clipped.norm, ...clipped.gradients];
      },
      gradient: 'none',
    });
    expect(Array.from(norm!.data)).toEqual([5, 0.5]);
    expect(a!.data[0]).toBeCloseTo(0.6, 6);
    expect([...a!.data].slice(2)).toEqual([...Float32Array.of(0.3, 0.4)]);
  });

  it('leaves zeros zero, and passes on what is not a number', async () => {
    const data = [0, 0, NaN, 1];
    const [, zero, other] = await expectOp(executors(), {
      inputs: { g: { shape: [2, 2], data } },
      build({ g }) {
        const { norm, gradients } = clipByGlobalNorm([g], 1, { perRun: true });
        return [norm, ...gradients, alongRuns(norm, g)];
      },
      gradient: 'none',
    });
    expect([...zero!.data]).toEqual([0, 0, NaN, NaN]);
    expect(other!.shape).toEqual([2, 1]);
  });

  it('needs a gradient', () => {
    expect(() => globalNorm([])).toThrow('globalNorm: gradients: expected at least one, got none');
  });
});
