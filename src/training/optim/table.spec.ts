import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../test/support/close-to.js';
import { useExecutors } from '../../../test/support/executors.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import type { Executor } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { makeOptimizer, optimizerOptions } from './table.js';

const executors = useExecutors();
const RUNS = 3;
const WIDTH = 4;
const OPTIONS = [
  { name: 'adamw', weightDecay: 0.1 },
  { name: 'adamw', amsgrad: true, betas: [0.8, 0.95] },
  { name: 'adam', weightDecay: 0.1 },
  { name: 'sgd' },
  { name: 'sgd', momentum: 0.9, dampening: 0.1, weightDecay: 0.05 },
  { name: 'sgd', momentum: 0.9, nesterov: true },
  { name: 'rmsprop' },
  { name: 'rmsprop', momentum: 0.5 },
  { name: 'adagrad', rateDecay: 0.1, weightDecay: 0.01 },
].map((options) => optimizerOptions.parse(options));

const titled = OPTIONS.map((options) => [JSON.stringify(options), options] as const);

/** Three updates of p [runs, WIDTH] whose rate, decay and step differ by run. */
async function train(
  executor: Executor,
  options: (typeof OPTIONS)[number],
  { runs, zeroGradient = false }: { runs: readonly number[]; zeroGradient?: boolean },
): Promise<Float32Array> {
  const optimizer = makeOptimizer(options);
  const graph = new Graph('update');
  const full = (name: string) => graph.input(name, 'float32', [runs.length, WIDTH]);
  const each = (name: string) => graph.input(name, 'float32', [runs.length, 1]);
  const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, full(slot)]));
  const updated = optimizer.update({
    p: full('p'),
    g: full('g'),
    slots,
    rate: each('rate'),
    decay: optimizer.weightDecay === 0 ? 0 : each('decay'),
    step: each('step'),
  });
  graph.output('p', updated.p);
  for (const slot of optimizer.slots) graph.output(slot, updated.slots[slot]!);
  const program = await executor.compile(graph);
  const rows = (f: (run: number) => number[]) => Float32Array.from(runs.flatMap(f));
  const random = (seed: number) => [...new SeededRandom(seed).floats(WIDTH)];
  const matrix = (data: Float32Array) => tensor('float32', [runs.length, WIDTH], data);
  const column = (f: (run: number) => number) =>
    tensor(
      'float32',
      [runs.length, 1],
      rows((run) => [f(run)]),
    );
  let state: Record<string, Tensor> = { p: matrix(rows((run) => random(run + 1))) };
  for (const slot of optimizer.slots) state[slot] = matrix(new Float32Array(runs.length * WIDTH));
  for (let t = 1; t <= 3; t++) {
    const g = matrix(rows((run) => (zeroGradient ? [0, 0, 0, 0] : random(100 * t + run))));
    const fixed = {
      g,
      rate: column((run) => 0.01 * (run + 1)),
      decay: column((run) => (zeroGradient ? 0 : 0.1 * run)),
      step: column((run) => t + 5 * run),
    };
    const feeds = Object.entries({ ...state, ...fixed }).filter(([name]) => graph.inputs.has(name));
    state = await program.run(Object.fromEntries(feeds));
  }
  await program.dispose();
  return state['p']!.data as Float32Array;
}

describe.each(titled)('%s', (_, options) => {
  it('updates runs together as each alone', async () => {
    const runs = Array.from({ length: RUNS }, (_, run) => run);
    const together = await train(executors().onnx, options, { runs });
    for (const run of runs) {
      const alone = await train(executors().onnx, options, { runs: [run] });
      expectClose(together.subarray(run * WIDTH, (run + 1) * WIDTH), alone, 1e-7, `run ${run}`);
    }
    expectClose(await train(executors().tfjs, options, { runs }), together, 1e-6, 'tfjs');
  });

  it('leaves a parameter without gradient and decay exactly as it is', async () => {
    const got = await train(executors().onnx, options, { runs: [0], zeroGradient: true });
    expect([...got]).toEqual([...new SeededRandom(1).floats(WIDTH)]);
  });

  it('asks for its state by name', () => {
    const optimizer = makeOptimizer(options);
    if (optimizer.slots.length === 0) return;
    const graph = new Graph('update');
    const [p, one] = [graph.input('p', 'float32', [2]), graph.scalar(1)];
    expect(() => optimizer.update({ p, g: p, slots: {}, rate: one, decay: 0, step: one })).toThrow(
      `optimizer: slots: expected ${optimizer.slots[0]}, got none`,
    );
  });
});

describe('options', () => {
  it('have the defaults of PyTorch', () => {
    expect(optimizerOptions.parse({ name: 'adamw' })).toEqual({
      name: 'adamw',
      betas: [0.9, 0.999],
      epsilon: 1e-8,
      weightDecay: 0.01,
      amsgrad: false,
    });
  });

  it.each([
    [{ name: 'sgd', nesterov: true }, /nesterov: expected a momentum/],
    [{ name: 'sgd', nesterov: true, momentum: 0.9, dampening: 0.1 }, /nesterov/],
    [{ name: 'adam', betas: [0.9, 1] }, /betas/],
    [{ name: 'adam', lr: 1 }, /lr/],
    [{ name: 'lion' }, /name/],
  ])('refuse %j', (options, message) => {
    expect(() => optimizerOptions.parse(options)).toThrow(message);
  });
});
