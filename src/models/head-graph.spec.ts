import { beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../test/support/seeded-random.js';
import type { Executor, Program } from '../engine/executors/executor.js';
import { createTfjsExecutor } from '../engine/executors/tfjs.js';
import { tensor } from '../engine/tensor.js';
import { buildHead, headFeeds, headKey, headShape } from './head-graph.js';
import type { Dense, Head, MaskedLmHead, SequenceHead } from './heads.js';

let executor: Executor;
beforeAll(async () => {
  executor = await createTfjsExecutor({ backend: 'cpu' });
});

const random = new SeededRandom(4);
const vector = (size: number) => tensor('float32', [size], random.floats(size));
const dense = (out: number, inWidth: number): Dense => ({
  weight: tensor('float32', [out, inWidth], random.floats(out * inWidth)),
  bias: vector(out),
});
const sequence = (hidden: number, labels: number): SequenceHead => {
  return { kind: 'sequence', dense: dense(hidden, hidden), activation: 'tanh', out: dense(labels, hidden) };
};
const maskedLm: MaskedLmHead = {
  kind: 'masked_lm',
  dense: dense(3, 4),
  activation: 'relu',
  norm: { gain: vector(3), bias: vector(3), epsilon: 1e-5 },
  decoder: dense(6, 3),
};

async function run(program: Program, head: Head, states: number[][]): Promise<number[][]> {
  const hidden = states[0]!.length;
  const hidden_states = tensor('float32', [states.length, hidden], Float32Array.from(states.flat()));
  const { logits } = await program.run({ hidden_states, ...headFeeds(head) });
  const [rows = 0, labels = 0] = logits!.shape;
  return Array.from({ length: rows }, (_, i) => Array.from(logits!.data.subarray(i * labels, (i + 1) * labels)));
}

function apply({ weight, bias }: Dense, x: number[]): number[] {
  return Array.from(bias.data, (b, o) => x.reduce((sum, value, i) => sum + value * weight.data[o * x.length + i]!, b));
}

function close(got: number[], expected: number[]): void {
  expect(got).toHaveLength(expected.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}

describe('a head program', () => {
  it('serves heads of other widths and label counts', async () => {
    const program = await executor.compile(buildHead({ kind: 'sequence', activation: 'tanh' }));
    for (const [hidden, labels] of [[4, 3], [5, 1], [4, 7]] as const) {
      const head = sequence(hidden, labels);
      const x = Array.from(random.floats(hidden));
      const [got] = await run(program, head, [x]);
      close(got!, apply(head.out, apply(head.dense, x).map(Math.tanh)));
    }
  });

  it('answers every position of a token head', async () => {
    const head: Head = { kind: 'token', out: dense(2, 3) };
    const program = await executor.compile(buildHead(headShape(head)));
    const rows = [[1, 2, 3], [-1, 0, 1]];
    const got = await run(program, head, rows);
    rows.forEach((row, i) => close(got[i]!, apply(head.out, row)));
  });

  it('normalises between dense and decoder in a masked-LM head', async () => {
    const program = await executor.compile(buildHead(headShape(maskedLm)));
    const x = [0.4, -0.3, 0.9, 0.1];
    const inner = apply(maskedLm.dense, x).map((value) => Math.max(value, 0));
    const mean = inner.reduce((a, b) => a + b) / 3;
    const variance = inner.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3;
    const { gain, bias } = maskedLm.norm;
    const normed = inner.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * gain.data[i]! + bias.data[i]!);
    const [got] = await run(program, maskedLm, [x]);
    close(got!, apply(maskedLm.decoder, normed));
  });

  it('answers no rows with no rows', async () => {
    const program = await executor.compile(buildHead({ kind: 'token' }));
    const head: Head = { kind: 'token', out: dense(2, 3) };
    const { logits } = await program.run({ hidden_states: tensor('float32', [0, 3], new Float32Array()), ...headFeeds(head) });
    expect(logits!.shape).toEqual([0, 2]);
  });
});

it('headKey is one name for each program', () => {
  expect(headKey(headShape(sequence(2, 2)))).toBe('sequence-tanh');
  expect(headKey(headShape(maskedLm))).toBe('masked_lm-relu-0.00001');
  expect(headKey({ kind: 'token' })).toBe('token');
});
