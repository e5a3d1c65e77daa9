import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { makeTensor } from '../../../test/support/expect-op.js';
import { ShapeError, ValidationError } from '../../common/errors.js';
import { dim } from '../dim.js';
import { Graph } from '../graph.js';
import { apply, type Op } from '../op.js';
import { add } from '../ops/add.js';
import { mul } from '../ops/mul.js';
import { relu } from '../ops/relu.js';
import { reshape } from '../ops/reshape.js';
import { softmax } from '../ops/softmax.js';
import { topK } from '../ops/top-k.js';
import { createTfjsExecutor } from './tfjs.js';

tf.env().set('IS_TEST', true); // silences the advice to install the native backend

const batch = dim('batch');
const w = makeTensor('float32', [3], [1, 2, 3]);
const x = makeTensor('float32', [2, 3], [1, -1, 1, 0, 5, 0]);

function makeGraph(): Graph {
  const graph = new Graph('g');
  const input = graph.input('x', 'float32', [batch, 3]);
  const weighted = mul(input, graph.weight('w', w));
  graph.output('y', relu(add(softmax(weighted), weighted)));
  graph.output('top', topK(weighted, 1)[1]);
  return graph;
}

describe('createTfjsExecutor', () => {
  it('frees every tensor of a run, keeps each weight once, and frees all at the end', async () => {
    const before = tf.memory().numTensors;
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const [first, second] = [await executor.compile(makeGraph()), await executor.compile(makeGraph())];
    expect(tf.memory().numTensors).toBe(before + 1); // w
    await Promise.all([first.run({ x }), second.run({ x }), first.run({ x })]);
    expect(tf.memory().numTensors).toBe(before + 1);
    await executor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('frees the weights that a program owns with it, and none of the others', async () => {
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const before = tf.memory().numTensors;
    const own = await executor.compile(makeGraph(), { ownsWeights: true });
    expect(tf.memory().numTensors).toBe(before + 1);
    await own.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await executor.compile(makeGraph());
    await (await executor.compile(makeGraph(), { ownsWeights: true })).dispose();
    expect(tf.memory().numTensors).toBe(before + 1);
    await executor.dispose();
  });

  it('frees a value right after its last use', async () => {
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const counts: number[] = [];
    const count: Op<object> = {
      name: 'count',
      infer: ([input]) => [input!],
      onnx: (_, inputs) => [...inputs],
      eager: (_, [input]) => {
        counts.push(tf.memory().numTensors);
        return [input!];
      },
    };
    const graph = new Graph('chain');
    let value = graph.input('x', 'float32', [batch, 3]);
    for (let i = 0; i < 5; i++) value = apply(count, [relu(value)], {});
    graph.output('y', value);
    await (await executor.compile(graph)).run({ x });
    expect(new Set(counts).size).toBe(1);
    await executor.dispose();
  });

  it('frees everything when an operator fails', async () => {
    const before = tf.memory().numTensors;
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const failing: Op<object> = {
      name: 'failing',
      infer: ([input]) => [input!],
      onnx: (_, inputs) => [...inputs],
      eager: () => {
        throw new Error('no kernel');
      },
    };
    const graph = new Graph('g');
    const input = graph.input('x', 'float32', [batch, 3]);
    graph.output('y', add(apply(failing, [relu(input)], {}), input));
    const program = await executor.compile(graph);
    await expect(program.run({ x })).rejects.toThrow('no kernel');
    await executor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives outputs memory of their own, though they be inputs or weights', async () => {
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const graph = new Graph('g');
    const input = graph.input('x', 'float32', [batch, 3]);
    graph.output('x', input);
    graph.output('flat', reshape(input, [-1]));
    graph.output('w', graph.weight('w', w));
    const program = await executor.compile(graph);
    for (let run = 0; run < 2; run++) {
      const outputs = await program.run({ x });
      expect(outputs).toEqual({ x, flat: makeTensor('float32', [6], x.data), w });
      for (const { data } of Object.values(outputs)) data.fill(9);
    }
    expect([x.data[0], w.data[0]]).toEqual([1, 1]);
    await executor.dispose();
  });

  it('writes into the tensors it is given, and gives 8-bit outputs back as they are', async () => {
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const graph = new Graph('g');
    graph.output('q', reshape(graph.input('q8', 'int8', [2, 1]), [2]));
    const program = await executor.compile(graph);
    const q = makeTensor('int8', [2], [0, 0]);
    const outputs = await program.run({ q8: makeTensor('int8', [2, 1], [-128, 7]) }, { q });
    expect(outputs['q']).toBe(q);
    expect([...q.data]).toEqual([-128, 7]);
    await executor.dispose();
  });

  it('refuses feeds that do not fit, and runs after the end', async () => {
    const executor = await createTfjsExecutor({ backend: 'cpu' });
    const program = await executor.compile(makeGraph());
    await expect(program.run({ x: w })).rejects.toThrow(ShapeError);
    await executor.dispose();
    await expect(program.run({ x })).rejects.toThrow('expected a program that is not disposed');
  });

  it('works with the native backends where they are installed, and says so where they are not', async () => {
    const outcome = await createTfjsExecutor({ backend: 'node' }).catch((error: unknown) => error);
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(ValidationError);
      expect(outcome.message).toContain('tfjs: expected the package @tensorflow/tfjs-node to be installed');
    } else {
      expect(outcome).toMatchObject({ name: 'tfjs-node' });
    }
  });
});
