import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../common/errors.js';
import { addDims, type Dim, dim, mulDims } from '../dim.js';
import { Graph } from '../graph.js';
import { bindDims, expectNamesBound, findDimSources } from './dim-sources.js';

const [batch, seq, past] = [dim('batch'), dim('seq'), dim('past')];

function inputsOf(shapes: Readonly<Record<string, readonly Dim[]>>) {
  const graph = new Graph('g');
  for (const [name, shape] of Object.entries(shapes)) graph.input(name, 'float32', shape);
  return graph.inputs;
}

const bind = (shapes: Readonly<Record<string, readonly Dim[]>>, fed: Readonly<Record<string, readonly number[]>>) =>
  bindDims(findDimSources(inputsOf(shapes)), (input) => fed[input] ?? []);

describe('findDimSources and bindDims', () => {
  it('read a name from the axis that bears it, even behind a harder one', () => {
    const shapes = { k: [mulDims(batch, 4), seq], x: [batch, 3] };
    expect(findDimSources(inputsOf(shapes)).find(({ name }) => name === 'batch')).toMatchObject({
      input: 'x',
      axis: 0,
    });
    expect(bind(shapes, { k: [8, 5], x: [2, 3] })).toEqual({ batch: 2, seq: 5 });
  });

  it.each([
    ['a sum', { past: [past], all: [addDims(past, seq)] }, { past: [4], all: [10] }, { past: 4, seq: 6 }],
    ['a multiple', { x: [addDims(mulDims(seq, 2), 1)] }, { x: [7] }, { seq: 3 }],
    ['a product with a known one', { x: [batch], y: [mulDims(batch, seq)] }, { x: [2], y: [10] }, { batch: 2, seq: 5 }],
    ['size zero', { x: [batch, seq] }, { x: [0, 3] }, { batch: 0, seq: 3 }],
    ['no symbols', { x: [2, 3] }, { x: [2, 3] }, {}],
  ])('solve %s', (_, shapes, fed, expected) => {
    expect(bind(shapes, fed)).toEqual(expected);
  });

  it('refuse a name that no axis determines', () => {
    expect(() => findDimSources(inputsOf({ x: [mulDims(batch, seq)] }))).toThrow('got none for batch, seq');
    expect(() => findDimSources(inputsOf({ x: [mulDims(seq, seq)] }))).toThrow(ShapeError);
  });

  it('refuse a size that gives no whole number', () => {
    expect(() => bind({ x: [mulDims(seq, 2)] }, { x: [7] })).toThrow(
      'run: x: axis 0: expected a size that gives a whole seq',
    );
    expect(() => bind({ p: [past], x: [addDims(past, seq)] }, { p: [4], x: [3] })).toThrow('whole seq ≥ 0, got 3');
  });
});

describe('expectNamesBound', () => {
  it('refuses a dimension that comes from no input', () => {
    const sources = findDimSources(inputsOf({ x: [batch] }));
    expect(() => expectNamesBound(sources, addDims(batch, 1))).not.toThrow();
    expect(() => expectNamesBound(sources, seq)).toThrow('compile: seq: expected an input whose shape determines seq');
  });
});
