import { describe, expect, it } from 'vitest';
import { expectClose, expectSameTensor } from '../../test/support/close-to.js';
import { useExecutors } from '../../test/support/executors.js';
import { tfjsGradients } from '../../test/support/tfjs-gradients.js';
import { makeBatch, makeTrainingStep } from '../../test/support/transformer-step.js';
import type { Tensor } from './tensor.js';

const executors = useExecutors();
const step = makeTrainingStep();
const names = Object.keys(step.parameters);

describe('a training step of a two-layer encoder with LoRA', () => {
  it.each([
    [4, 12],
    [7, 23],
    [1, 1],
  ])(
    'has one graph for batches of every shape, and equal numbers on both executors: (%i, %i)',
    async (rows, length) => {
      const feeds = { ...makeBatch(rows, length), ...step.parameters };
      const actual = await (await executors().onnx.compile(step.graph)).run(feeds);
      const expected = await (await executors().tfjs.compile(step.graph)).run(feeds);
      expect(Number.isFinite(actual['loss']!.data[0])).toBe(true);
      for (const name of step.graph.outputs.keys()) expectSameTensor(actual[name]!, expected[name]!, 2e-5, name);
    },
  );

  it('has the gradients that tfjs derives by itself', async () => {
    const feeds = { ...makeBatch(4, 12), ...step.parameters };
    const outputs = await (await executors().onnx.compile(step.graph)).run(feeds);
    const autograd = tfjsGradients(step.graph, [step.loss], feeds, names);
    for (const name of names) expectClose(outputs[`d.${name}`]!.data, autograd[name]!, 1e-5, name);
  });

  it('learns its batch when it is repeated', async () => {
    const program = await executors().onnx.compile(step.graph);
    const batch = makeBatch(4, 12);
    let parameters: Record<string, Tensor> = step.parameters;
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) {
      const outputs = await program.run({ ...batch, ...parameters });
      losses.push(outputs['loss']!.data[0]!);
      parameters = Object.fromEntries(names.map((name) => [name, outputs[`new.${name}`]!]));
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
  });
});
