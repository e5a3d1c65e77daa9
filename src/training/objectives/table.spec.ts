import { describe, expect, it } from 'vitest';
import { expectOp, type OpInput } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import type { Value } from '../../engine/graph.js';
import { Graph } from '../../engine/graph.js';
import { mul } from '../../engine/ops/mul.js';
import { sub } from '../../engine/ops/sub.js';
import { meanLoss, type ObjectiveInputs } from './objective.js';
import { makeObjective, objectiveOptions } from './table.js';

const executors = useExecutors();
const lossOf = (options: object, inputs: ObjectiveInputs): Value =>
  meanLoss(makeObjective(objectiveOptions.parse(options)).rowLosses(inputs));

const BY_ELEMENT = [
  { name: 'binary_cross_entropy' },
  { name: 'binary_cross_entropy', positiveWeights: [1, 2, 0.5] },
  { name: 'mean_squared_error' },
  { name: 'mean_absolute_error' },
  { name: 'huber', delta: 0.7 },
  { name: 'cosine_embedding' },
  { name: 'multiple_negatives', scale: 5 },
];
const titled = BY_ELEMENT.map((options) => [JSON.stringify(options), options] as const);
const wide = (size: number): OpInput => ({
  shape: [2, size],
  data: size === 3 ? [1, -2, 40, 3, 0.5, -7] : [1, -2, 3, 0.5],
});

describe.each(titled)('%s', (_, options) => {
  it('has the gradient of its value', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [4, 3] }, y: { shape: [4, 3] } },
      build: ({ x, y }) => lossOf(options, { outputs: x, targets: y }),
      gradient: options.name === 'huber' ? 'finite' : 'both', // tfjs derives no comparison
    });
  });

  it('refuses targets of another shape', () => {
    const graph = new Graph('g');
    const inputs = { outputs: graph.input('x', 'float32', [4, 3]), targets: graph.input('y', 'float32', [4, 2]) };
    expect(() => lossOf(options, inputs)).toThrow(/targets: expected \[4, 3\], got \[4, 2\]/);
  });
});

describe('objectives by element', () => {
  it.each([{ name: 'binary_cross_entropy' }, { name: 'mean_squared_error' }, { name: 'huber' }])(
    'average over the labels that exist: %j',
    async (options) => {
      await expectOp(executors(), {
        inputs: {
          x: wide(3),
          small: wide(2),
          has: { shape: [3], dtype: 'bool', data: [1, 1, 0] },
          y: { shape: [2, 3], data: [1, 0, 9, 0, 1, 9] },
          target: { shape: [2, 2], data: [1, 0, 0, 1] },
        },
        build: ({ x, small, has, y, target }) => [
          sub(
            lossOf(options, { outputs: x, targets: y, isLabel: has }),
            lossOf(options, { outputs: small, targets: target }),
          ),
        ],
        expected: [[0]],
        gradient: 'none',
      });
    },
  );

  it('keep a multi-label loss finite for logits of any size', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [1, 2], data: [1e4, -1e4] }, y: { shape: [1, 2], data: [0, 1] } },
      build: ({ x, y }) => [lossOf({ name: 'binary_cross_entropy' }, { outputs: x, targets: y })],
      expected: [[1e4]],
      gradient: 'none',
    });
  });

  it('give vectors of zeros a finite cosine', async () => {
    const [loss] = await expectOp(executors(), {
      inputs: { x: { shape: [1, 2], data: [0, 0] }, y: { shape: [1, 2], data: [1, 0] } },
      build: ({ x, y }) => [lossOf({ name: 'cosine_embedding' }, { outputs: x, targets: y })],
      gradient: 'none',
    });
    expect(loss!.data[0]).toBe(1);
  });
});

describe('cosine similarity', () => {
  const options = { name: 'cosine_similarity' };

  it('has the gradient of its value', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [4, 3] }, y: { shape: [4, 3] }, v: { shape: [4] } },
      build: ({ x, y, v }) => lossOf(options, { outputs: x, targets: y, likeness: v }),
    });
  });

  it('is the squared difference of cosine and likeness', async () => {
    await expectOp(executors(), {
      inputs: {
        x: { shape: [2, 2], data: [1, 0, 3, 4] },
        y: { shape: [2, 2], data: [1, 1, 4, 3] },
        v: { shape: [2], data: [0, 1] },
      },
      build: ({ x, y, v }) => [lossOf(options, { outputs: x, targets: y, likeness: v })],
      expected: [[(0.5 + (24 / 25 - 1) ** 2) / 2]],
      gradient: 'none',
    });
  });
});

describe('distillation', () => {
  const y: OpInput = { shape: [2], dtype: 'int32', data: [2, -100] };

  it('has the gradient of its value by the student', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3] }, t: { shape: [2, 3] }, y },
      build: ({ x, t, y }) => lossOf({ name: 'distillation', mix: 0.3 }, { outputs: x, targets: y, teacher: t }),
    });
  });

  it('is 0 for a student that equals its teacher, and cross entropy alone at mix 0', async () => {
    await expectOp(executors(), {
      inputs: { x: { shape: [2, 3] }, y: { shape: [2], dtype: 'int32', data: [2, 0] } },
      build: ({ x, y }) => [
        lossOf({ name: 'distillation', mix: 1 }, { outputs: x, targets: y, teacher: x }),
        sub(
          lossOf({ name: 'distillation', mix: 0 }, { outputs: x, targets: y, teacher: mul(x, 3) }),
          lossOf({ name: 'cross_entropy' }, { outputs: x, targets: y }),
        ),
      ],
      expected: [[0], [0]],
      gradient: 'none',
    });
  });

  it('needs a teacher', () => {
    const graph = new Graph('g');
    const inputs = { outputs: graph.input('x', 'float32', [2, 3]), targets: graph.input('y', 'int32', [2]) };
    expect(() => lossOf({ name: 'distillation' }, inputs)).toThrow('distillation: teacher: expected a value, got none');
  });
});

describe('multiple negatives', () => {
  it('sees only rows of its own group, as if each group were alone', async () => {
    const rows = [1, 0, 0.5, 1, -1, 0.3, 0.2, -0.7];
    const mixed = [0, 2, 1, 3].flatMap((row) => rows.slice(2 * row, 2 * row + 2)); // groups 0, 1, 0, 1
    const own = (from: number): OpInput => ({ shape: [2, 2], data: rows.slice(from, from + 4) });
    const options = { name: 'multiple_negatives' };
    const loss = (x: Value, group?: Value) =>
      lossOf(options, { outputs: x, targets: mul(x, x), ...(group ? { group } : {}) });
    const [together, a, b] = await expectOp(executors(), {
      inputs: {
        x: { shape: [4, 2], data: mixed },
        group: { shape: [4], dtype: 'int32', data: [0, 1, 0, 1] },
        a: own(0),
        b: own(4),
      },
      build: ({ x, group, a, b }) => [loss(x, group), loss(a), loss(b)],
      gradient: 'none',
    });
    expect(together!.data[0]).toBeCloseTo((Number(a!.data[0]) + Number(b!.data[0])) / 2, 6);
  });
});
