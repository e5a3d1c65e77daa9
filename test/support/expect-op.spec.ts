import { describe, expect, it } from 'vitest';
import { dim } from '../../src/engine/dim.js';
import { apply, type Op, type Value } from '../../src/engine/op.js';
import { mul } from '../../src/engine/ops/mul.js';
import { square } from '../../src/engine/ops/square.js';
import { type NoAttrs, unaryOp } from '../../src/engine/ops/unary.js';
import { expectClose } from './close-to.js';
import { useExecutors } from './executors.js';
import { expectOp } from './expect-op.js';

const executors = useExecutors();
const inputs = { x: { shape: [dim('batch'), 2] } };

/** sin x, with a part that may be wrong. */
function sine(wrong: Partial<Parameters<typeof unaryOp<NoAttrs>>[0]>): (x: Value) => Value {
  const right = { name: 'sine', onnx: 'Sin', eager: (tf: Parameters<Op['eager']>[0], x: never) => tf.sin(x) };
  const op = unaryOp({ ...right, gradient: (dy, x) => mul(dy, apply(cosine, [x], {})), ...wrong });
  return (x) => apply(op, [x], {});
}
const cosine = unaryOp({ name: 'cosine', onnx: 'Cos', eager: (tf, x) => tf.cos(x) });

describe('expectOp', () => {
  it('is content with an op that is right', async () => {
    await expectOp(executors(), { inputs, build: ({ x }) => sine({})(x) });
  });

  it.each<[string, Parameters<typeof sine>[0], RegExp]>([
    ['another kernel on ONNX', { onnx: 'Tanh' }, /onnx, tfjs: y0/],
    ['another eager kernel', { eager: (tf, x) => tf.mul(x, 1.001) }, /onnx, tfjs: y0/],
    [
      'a wrong gradient',
      { gradient: (dy, x) => mul(mul(dy, apply(cosine, [x], {})), 1.01) },
      /gradient, finite differences: x/,
    ],
    ['a gradient of another sign', { gradient: (dy, x) => mul(dy, mul(x, -1)) }, /gradient, finite differences: x/],
  ])('notices %s', async (_, wrong, message) => {
    await expect(expectOp(executors(), { inputs, build: ({ x }) => sine(wrong)(x) })).rejects.toThrow(message);
  });

  it('notices that both kernels are wrong in the same way', async () => {
    const op = { inputs: { x: { shape: [2], data: [1, 2] } }, build: ({ x }: { x: Value }) => square(x) };
    await expect(expectOp(executors(), { ...op, expected: [[1, 5]] })).rejects.toThrow('expected: y0: element 1: 4');
  });
});

describe('expectClose', () => {
  it('takes NaN for NaN and an infinity for itself', () => {
    expectClose([NaN, Infinity, -Infinity, 1], [NaN, Infinity, -Infinity, 1 + 1e-7], 1e-6, 'x');
  });

  it.each([
    ['NaN for a number', [NaN], [1]],
    ['a number for NaN', [1], [NaN]],
    ['an infinity of the other sign', [Infinity], [-Infinity]],
    ['a number for an infinity', [3e38], [Infinity]],
    ['a number too many', [1, 1], [1]],
    ['a difference', [1.1], [1]],
  ])('refuses %s', (_, actual, expected) => {
    expect(() => {
      expectClose(actual, expected, 1e-3, 'x');
    }).toThrow('x');
  });
});
