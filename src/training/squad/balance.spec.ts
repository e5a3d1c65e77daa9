import { describe, expect, it } from 'vitest';
import { expectOp } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { Graph } from '../../engine/graph.js';
import { tensor } from '../../engine/tensor.js';
import { balanceLoss } from './balance.js';
import { usageAfter } from './expert-usage.js';
import { loadBalanceLoss } from './load-balance.js';
import { mutualInformationLoss } from './mutual-information.js';

const executors = useExecutors();
const matrix = (...rows: number[][]) => ({ shape: [rows.length, rows[0]!.length], data: rows.flat() });
const flat = ({ shape, data }: ReturnType<typeof matrix>) => tensor('float32', shape, Float32Array.from(data));

const PROBABILITIES = matrix([2.1, 0.4, 0.5], [0.3, 1.2, 0.5]);
const TOKENS = 5;
const CHOICES = matrix([3, 2, 1], [0, 2, 2]);

/** By plain loops. */
function information(rows: number[][], tokens: number): number {
  const joint = rows.map((row) => row.map((n) => n / tokens));
  const ofTask = joint.map((row) => row.reduce((a, b) => a + b));
  const ofExpert = joint[0]!.map((_, e) => joint.reduce((sum, row) => sum + row[e]!, 0));
  return joint
    .flatMap((row, t) => row.map((p, e) => p * Math.log(p / (ofTask[t]! * ofExpert[e]!) + 1e-4)))
    .reduce((a, b) => a + b);
}

describe('the mutual information of tasks and experts', () => {
  it('is what plain loops give, with its gradient by differences', async () => {
    await expectOp(executors(), {
      inputs: { probabilities: PROBABILITIES },
      build: ({ probabilities }, graph) =>
        mutualInformationLoss({ probabilities, choices: graph.scalar(0), tokens: graph.scalar(TOKENS) }),
      expected: [[-information([PROBABILITIES.data.slice(0, 3), PROBABILITIES.data.slice(3)], TOKENS)]],
    });
  });

  it.each<[string, ReturnType<typeof matrix>, number]>([
    ['0 where all tasks use all experts alike', matrix([1, 1], [1, 1]), -Math.log(1 + 1e-4)],
    ['log 2 where each of two tasks has its own expert', matrix([2, 0], [0, 2]), -Math.log(2 + 1e-4)],
    ['that of the others where a task has no tokens', matrix([2, 2], [0, 0]), -Math.log(1 + 1e-4)],
  ])('is %s', async (_what, probabilities, loss) => {
    await expectOp(executors(), {
      inputs: { probabilities },
      build: ({ probabilities }, graph) =>
        mutualInformationLoss({ probabilities, choices: graph.scalar(0), tokens: graph.scalar(4) }),
      expected: [[loss]],
      gradient: 'none',
    });
  });
});

it('load balancing is experts times the sum of shares of choices and mean probabilities', async () => {
  const means = [2.4, 1.6, 1].map((sum) => sum / TOKENS);
  const shares = [0.3, 0.4, 0.3];
  await expectOp(executors(), {
    inputs: { probabilities: PROBABILITIES },
    build: ({ probabilities }, graph) =>
      loadBalanceLoss({ probabilities, choices: graph.constant(flat(CHOICES)), tokens: graph.scalar(TOKENS) }),
    expected: [[3 * shares.reduce((sum, share, e) => sum + share * means[e]!, 0)]],
  });
});

it('the loss of places is their sum by its weight, and none where nothing is to be added', async () => {
  const one = -information([PROBABILITIES.data.slice(0, 3), PROBABILITIES.data.slice(3)], TOKENS);
  await expectOp(executors(), {
    inputs: { probabilities: PROBABILITIES },
    build: ({ probabilities }, graph) => {
      const load = { probabilities, choices: graph.scalar(0), tokens: graph.scalar(TOKENS) };
      return balanceLoss({ law: 'mutual_information', weight: 0.3 }, [load, load])!;
    },
    expected: [[0.6 * one]],
  });
  const [tokens] = [new Graph('none').scalar(1)];
  const load = { probabilities: tokens, choices: tokens, tokens };
  expect(balanceLoss({ law: 'none', weight: 1 }, [load])).toBeUndefined();
  expect(balanceLoss({ law: 'load', weight: 0 }, [load])).toBeUndefined();
  expect(balanceLoss({ law: 'load', weight: 1 }, [])).toBeUndefined();
});

it('usage begins with the first choices, moves by a twentieth, and stays where a task did not choose', async () => {
  await expectOp(executors(), {
    inputs: { usage: matrix([0, 0], [80, 20], [60, 40]) },
    build: ({ usage }, graph) => usageAfter(usage, graph.constant(flat(matrix([1, 3], [0, 4], [0, 0])))),
    expected: [[25, 75, 76, 24, 60, 40]],
    gradient: 'none',
  });
});
