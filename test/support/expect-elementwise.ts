import { describe, expect, it } from 'vitest';
import { dim } from '../../src/engine/dim.js';
import type { Value } from '../../src/engine/graph.js';
import { Graph } from '../../src/engine/graph.js';
import { useExecutors } from './executors.js';
import { expectOp, type OpInput } from './expect-op.js';

const HAZARDS = [0, 1, -1, 1e-30, -1e-30, 100, -100, 1e20, -1e20, Infinity, -Infinity, NaN];
const EMPTY = { batch: 0, seq: 3 };
const SHAPE = [dim('batch'), dim('seq'), 2];

export interface UnaryLaw {
  /** f in double precision. */
  readonly reference: (x: number) => number;
  /** Values for the gradient checks, where f is smooth; default ±[0.1, 1]. */
  readonly data?: OpInput['data'];
  readonly hazards?: readonly number[];
  readonly tolerance?: number;
  readonly gradient?: 'both' | 'finite' | 'none';
}

/** Tests y = f(x) element by element: values, gradient, hazards, an empty batch, and that other dtypes are refused. */
export function describeUnary(name: string, op: (x: Value) => Value, law: UnaryLaw): void {
  const { reference, hazards = HAZARDS, tolerance = 2e-6, gradient = 'both', data } = law;
  const executors = useExecutors();

  describe(name, () => {
    it('equals its definition on both executors, and so does its gradient', async () => {
      const input: OpInput = data === undefined ? { shape: SHAPE } : { shape: SHAPE, data };
      const identity = await expectOp(executors(), { inputs: { x: input }, build: ({ x }) => [x], gradient: 'none' });
      const expected = Float64Array.from(identity[0]!.data, reference);
      await expectOp(executors(), {
        inputs: { x: input },
        build: ({ x }) => op(x),
        expected: [expected],
        tolerance,
        gradient,
      });
    });

    it('meets zero, huge, tiny, infinite and missing numbers as its definition says', async () => {
      const expected = Float32Array.from(hazards, (x) => reference(Math.fround(x)));
      await expectOp(executors(), {
        inputs: { x: { shape: [hazards.length], data: hazards } },
        build: ({ x }) => op(x),
        expected: [expected],
        tolerance,
        gradient: 'none',
      });
    });

    it('keeps an empty batch empty and a scalar a scalar', async () => {
      const inputs = { x: { shape: SHAPE }, s: { shape: [], data: [0.5] } };
      const outputs = await expectOp(executors(), {
        inputs,
        build: ({ x, s }) => [op(x), op(s)],
        sizes: EMPTY,
        tolerance,
        gradient: 'none',
      });
      expect(outputs.map(({ shape }) => shape)).toEqual([[0, 3, 2], []]);
    });

    it('refuses a bool', () => {
      expect(() => op(new Graph('g').input('x', 'bool', [2]))).toThrow(/x: expected float32/);
    });
  });
}

export interface BinaryLaw {
  /** f in double precision. */
  readonly reference: (a: number, b: number) => number;
  readonly a?: OpInput['data'];
  readonly b?: OpInput['data'];
  readonly hazards?: readonly (readonly [number, number])[];
  readonly tolerance?: number;
  readonly gradient?: 'both' | 'finite' | 'none';
}

const PAIRS = HAZARDS.flatMap((a) => HAZARDS.map((b): readonly [number, number] => [a, b]));

/** Tests y = f(a, b) element by element: values and gradient under every kind of broadcasting, hazards, refusals. */
export function describeBinary(name: string, op: (a: Value, b: Value) => Value, law: BinaryLaw): void {
  const { reference, tolerance = 2e-6, gradient = 'both', hazards = PAIRS } = law;
  const executors = useExecutors();
  const [batch, seq] = [dim('batch'), dim('seq')];
  const input = (shape: OpInput['shape'], data: OpInput['data']): OpInput =>
    data === undefined ? { shape } : { shape, data };

  describe(name, () => {
    it.each([
      ['equal shapes', [batch, seq], [batch, seq]],
      ['a row', [batch, seq], [seq]],
      ['a column', [batch, seq], [batch, 1]],
      ['a scalar', [], [batch, seq]],
      ['both stretched', [batch, 1, 2], [seq, 1]],
    ])('equals its definition, and so does its gradient: %s', async (_, a, b) => {
      const inputs = { a: input(a, law.a), b: input(b, law.b) };
      await expectOp(executors(), { inputs, build: ({ a, b }) => op(a, b), tolerance, gradient });
    });

    it('meets zero, huge, tiny, infinite and missing numbers as its definition says', async () => {
      const [a, b] = [hazards.map(([x]) => x), hazards.map(([, y]) => y)];
      const expected = Float32Array.from(hazards, ([x, y]) => reference(Math.fround(x), Math.fround(y)));
      await expectOp(executors(), {
        inputs: { a: { shape: [a.length], data: a }, b: { shape: [b.length], data: b } },
        build: ({ a, b }) => op(a, b),
        expected: [expected],
        tolerance,
        gradient: 'none',
      });
    });

    it('keeps an empty batch empty', async () => {
      const inputs = { a: input([batch, seq], law.a), b: input([seq], law.b) };
      const [y] = await expectOp(executors(), {
        inputs,
        build: ({ a, b }) => op(a, b),
        sizes: EMPTY,
        tolerance,
        gradient: 'none',
      });
      expect(y?.shape).toEqual([0, 3]);
    });

    it('refuses shapes that do not broadcast and dtypes that differ', () => {
      const graph = new Graph('g');
      const a = graph.input('a', 'float32', [batch, 3]);
      expect(() => op(a, graph.input('b', 'float32', [seq, 3]))).toThrow(/broadcasts with \[batch, 3\]/);
      expect(() => op(a, graph.input('c', 'int32', [3]))).toThrow(/b: expected float32, got int32/);
    });
  });
}
