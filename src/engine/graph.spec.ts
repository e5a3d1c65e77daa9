import { describe, expect, it } from 'vitest';
import { ShapeError } from '../common/errors.js';
import { dim } from './dim.js';
import { Graph } from './graph.js';
import { add } from './ops/add.js';
import { exp } from './ops/exp.js';
import { matmul } from './ops/matmul.js';
import { mul } from './ops/mul.js';
import { topK } from './ops/top-k.js';
import { tensor } from './tensor.js';

const weight = () => tensor('float32', [2, 3], new Float32Array(6));

describe('values', () => {
  it('are typed when they are made', () => {
    const graph = new Graph('g');
    const y = matmul(graph.input('x', 'float32', [dim('batch'), 2]), graph.weight('w', weight()));
    expect(y).toMatchObject({ dtype: 'float32', shape: [dim('batch'), 3] });
    expect(graph.producer(y)?.op.name).toBe('matmul');
  });

  it('refuse shapes that do not fit as the graph is built, naming op and operand', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [dim('batch'), 5]);
    expect(() => matmul(x, graph.weight('w', weight()))).toThrow(
      'matmul: b: expected 5 at the last but one axis, for a [batch, 5], got [2, 3]',
    );
  });

  it('refuse to be mixed with those of another graph', () => {
    const [x, y] = ['g', 'h'].map((name) => new Graph(name).input('x', 'float32', [2]));
    expect(() => add(x!, y!)).toThrow('add: expected values of graph g, got one of h');
  });
});

describe('weights and constants', () => {
  it('give one value for one name and tensor', () => {
    const graph = new Graph('g');
    const held = weight();
    expect(graph.weight('w', held)).toBe(graph.weight('w', held));
    expect(() => graph.weight('w', weight())).toThrow('graph g: expected a new name for an input or weight, got w');
  });

  it('share equal scalars, but not 0 and −0, nor dtypes', () => {
    const graph = new Graph('g');
    expect(graph.scalar(1)).toBe(graph.scalar(1));
    expect(graph.scalar(0)).not.toBe(graph.scalar(-0));
    expect(graph.scalar(1, 'int32')).not.toBe(graph.scalar(1));
    expect(graph.scalar(NaN)).toBe(graph.scalar(NaN));
  });

  it('refuse data that does not fill the shape', () => {
    const short = tensor('float32', [2, 3], new Float32Array(5));
    expect(() => new Graph('g').constant(short)).toThrow('graph g: tensor: expected shape [2, 3], got 5 elements');
  });
});

describe('names', () => {
  it('are unique among inputs and weights, and among outputs', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [2]);
    graph.output('y', x);
    expect(() => graph.input('x', 'float32', [2])).toThrow(ShapeError);
    expect(() => graph.weight('x', weight())).toThrow(ShapeError);
    expect(() => graph.output('y', x)).toThrow('graph g: output: expected a new name, got y');
  });
});

describe('nodesFor', () => {
  it('leaves dead nodes out and keeps the order of dependence', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [4]);
    const kept = exp(x);
    exp(mul(x, 2)); // dead
    const y = add(kept, mul(kept, 3));
    graph.output('y', y);
    expect(graph.nodesFor().map((node) => node.op.name)).toEqual(['exp', 'mul', 'add']);
    expect(graph.nodesFor([kept]).map((node) => node.op.name)).toEqual(['exp']);
    expect(graph.nodesFor([x])).toEqual([]);
  });

  it('keeps a node of which one output is used', () => {
    const graph = new Graph('g');
    const [, indices] = topK(graph.input('x', 'float32', [4]), 2);
    expect(graph.nodesFor([indices])).toHaveLength(1);
  });
});
