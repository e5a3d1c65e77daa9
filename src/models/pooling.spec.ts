import { beforeAll, describe, expect, it } from 'vitest';
import { dim } from '../engine/dim.js';
import type { Executor } from '../engine/executors/executor.js';
import { createTfjsExecutor } from '../engine/executors/tfjs.js';
import { Graph } from '../engine/graph.js';
import { tensor } from '../engine/tensor.js';
import { normalise, pool, poolRow, type Pooling } from './pooling.js';

let executor: Executor;
beforeAll(async () => {
  executor = await createTfjsExecutor({ backend: 'cpu' });
});

async function poolGraph(pooling: Pooling): Promise<number[]> {
  const graph = new Graph('pool');
  const x = graph.input('x', 'float32', [dim('batch'), dim('seq'), 2]);
  const mask = graph.input('mask', 'int32', [dim('batch'), dim('seq')]);
  graph.output('y', pool(x, mask, pooling));
  const program = await executor.compile(graph);
  const { y } = await program.run({
    x: tensor('float32', [3, 2, 2], Float32Array.of(1, 2, 3, 6, 5, 7, 99, 99, 99, 98, 99, 99)),
    mask: tensor('int32', [3, 2], Int32Array.of(1, 1, 1, 0, 0, 0)),
  });
  return Array.from(y!.data);
}

describe('pool', () => {
  it('means over tokens only, and gives zeros for a row of padding', async () => {
    expect(await poolGraph('mean')).toEqual([2, 4, 5, 7, 0, 0]);
  });

  it('takes the first position', async () => {
    expect(await poolGraph('cls')).toEqual([1, 2, 5, 7, 99, 98]);
  });
});

describe('poolRow', () => {
  const states = Float32Array.of(1, 2, 3, 6);

  it('does the same for one row', () => {
    expect(poolRow(states, 2, 'mean')).toEqual(Float32Array.of(2, 4));
    expect(poolRow(states, 2, 'cls')).toEqual(Float32Array.of(1, 2));
  });

  it.each([[new Float32Array(0)], [new Float32Array(3)]])('refuses %j', (bad) => {
    expect(() => poolRow(bad, 2, 'mean')).toThrow('poolRow: states: expected [tokens ≥ 1, 2]');
  });
});

it('normalise gives length 1 and leaves zeros alone', () => {
  expect(normalise(Float32Array.of(3, 4))).toEqual(Float32Array.of(0.6, 0.8));
  expect(normalise(Float32Array.of(0, 0))).toEqual(Float32Array.of(0, 0));
});
