import { describe, expect, it } from 'vitest';
import { expectOp } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { uncertaintyWeighted } from './uncertainty-weighting.js';

const executors = useExecutors();

describe('weighting by uncertainty', () => {
  it('is the formula, with its gradients by loss and log-variance', async () => {
    const [l, m, s, t] = [0.8, 2, 0.3, -0.4];
    const scalar = (x: number) => ({ shape: [], data: [x] });
    await expectOp(executors(), {
      inputs: { l: scalar(l), m: scalar(m), s: scalar(s), t: scalar(t) },
      build: ({ l, m, s, t }) =>
        uncertaintyWeighted([
          { loss: l, logVariance: s, kind: 'classification' },
          { loss: m, logVariance: t, kind: 'regression' },
        ]),
      expected: [[Math.exp(-s) * l + s / 2 + 0.5 * Math.exp(-t) * m + t / 2]],
    });
  });

  it('needs a task', () => {
    expect(() => uncertaintyWeighted([])).toThrow('tasks: expected at least one, got none');
  });
});
