import { describe, expect, it } from 'vitest';
import { addDims, dim, mulDims } from '../dim.js';
import { Graph } from '../graph.js';
import { add } from '../ops/add.js';
import { broadcastTo } from '../ops/reduce-sum.js';
import { relu } from '../ops/relu.js';
import { lowerToOnnx } from './onnx-lowering.js';

const [batch, seq] = [dim('batch'), dim('seq')];
const ones = (size: number) => ({ dtype: 'float32' as const, shape: [size], data: new Float32Array(size).fill(1) });
const typesOf = (graph: Graph) => lowerToOnnx(graph).model.nodes.map(({ opType }) => opType);

describe('lowerToOnnx', () => {
  it('leaves out nodes, weights and constants that no output needs', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch]);
    add(relu(x), graph.weight('dead', ones(1)));
    add(x, 3);
    graph.output('y', relu(x));
    const { model } = lowerToOnnx(graph);
    expect(model.nodes.map(({ opType }) => opType)).toEqual(['Relu', 'Identity']);
    expect(model.initializers).toEqual([]);
  });

  it('writes equal small constants once', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch]);
    graph.output('y', add(add(x, graph.constant(ones(1))), graph.constant(ones(1))));
    expect(lowerToOnnx(graph).model.initializers).toHaveLength(1);
  });

  it('computes each symbolic size once, from the shape of an input', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch, seq]);
    const to = [mulDims(batch, seq), addDims(mulDims(seq, 2), 1)];
    graph.output('y', add(broadcastTo(graph.scalar(0), to), broadcastTo(graph.scalar(1), to)));
    graph.output('x2', relu(x));
    const types = typesOf(graph);
    expect(types.filter((type) => type === 'Shape')).toHaveLength(2);
    expect(types.filter((type) => type === 'Mul')).toHaveLength(2);
  });

  it('folds sizes that are known into a constant', () => {
    const graph = new Graph('g');
    graph.output('y', broadcastTo(graph.input('x', 'float32', [1]), [4, 3]));
    expect(typesOf(graph)).toEqual(['Expand', 'Identity']);
  });

  it('gives an output another name where an input has it', () => {
    const graph = new Graph('g');
    const x = graph.input('x', 'float32', [batch]);
    graph.output('x', relu(x));
    graph.output('y', x);
    const { model, outputNames } = lowerToOnnx(graph);
    expect([...outputNames]).toEqual([
      ['x', 'x:out'],
      ['y', 'y'],
    ]);
    expect(model.outputs.map(({ name }) => name)).toEqual(['x:out', 'y']);
  });

  it('places weights where it is told', () => {
    const graph = new Graph('g');
    graph.output('y', add(graph.input('x', 'float32', [1]), graph.weight('w', ones(1))));
    const range = { location: 'w.bin', byteOffset: 0, byteLength: 4 };
    expect(lowerToOnnx(graph, () => range).model.initializers).toMatchObject([{ name: 'w', data: range }]);
  });

  it('refuses sizes that no input determines', () => {
    const graph = new Graph('g');
    graph.output('y', broadcastTo(graph.scalar(0), [batch]));
    expect(() => lowerToOnnx(graph)).toThrow('compile: batch: expected an input whose shape determines batch');
  });
});
