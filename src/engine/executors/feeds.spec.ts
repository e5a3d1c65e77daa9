import { describe, expect, it } from 'vitest';
import { makeTensor } from '../../../test/support/expect-op.js';
import { ShapeError } from '../../common/errors.js';
import { addDims, dim } from '../dim.js';
import { Graph } from '../graph.js';
import { relu } from '../ops/relu.js';
import { findDimSources } from './dim-sources.js';
import { checkFeeds, checkTargets, type Tensors } from './feeds.js';

const [batch, seq] = [dim('batch'), dim('seq')];
const graph = new Graph('g');
graph.input('ids', 'int32', [batch, seq]);
graph.input('mask', 'float32', [batch, addDims(seq, 1)]);
graph.output('y', relu(graph.inputs.get('mask')!));

const ids = makeTensor('int32', [2, 3], [1, 2, 3, 4, 5, 6]);
const mask = makeTensor('float32', [2, 4], new Float32Array(8));
const check = (feeds: Tensors) => checkFeeds(graph.inputs, findDimSources(graph.inputs), feeds);

describe('checkFeeds', () => {
  it('gives the value of each symbolic dimension', () => {
    expect(check({ ids, mask })).toEqual({ batch: 2, seq: 3 });
  });

  it.each<[string, Tensors, string]>([
    ['a missing feed', { ids }, 'run: mask: expected float32 [batch, seq + 1], got none'],
    ['an unknown feed', { ids, mask, extra: ids }, 'run: extra: expected one of ids, mask'],
    ['another dtype', { ids: makeTensor('float32', [2, 3], new Float32Array(6)), mask }, 'run: ids: expected int32'],
    [
      'another rank',
      { ids: makeTensor('int32', [6], new Int32Array(6)), mask },
      'ids: expected int32 [batch, seq], got int32 [6]',
    ],
    [
      'symbols that differ',
      { ids, mask: makeTensor('float32', [3, 4], new Float32Array(12)) },
      '= [2, 4], got float32 [3, 4]',
    ],
    ['data that is too short', { ids: { ...ids, data: new Int32Array(5) }, mask }, 'got int32 [2, 3] of 5 elements'],
  ])('refuses %s', (_, feeds, message) => {
    expect(() => check(feeds)).toThrow(message);
    expect(() => check(feeds)).toThrow(ShapeError);
  });
});

describe('checkTargets', () => {
  const dims = { batch: 2, seq: 3 };

  it('takes a tensor of the output’s shape', () => {
    expect(() => checkTargets(graph.outputs, { y: mask }, dims)).not.toThrow();
  });

  it('refuses an unknown output and another shape', () => {
    expect(() => checkTargets(graph.outputs, { z: mask }, dims)).toThrow('run: into.z: expected one of y');
    const flat = makeTensor('float32', [8], new Float32Array(8));
    expect(() => checkTargets(graph.outputs, { y: flat }, dims)).toThrow(
      'run: into.y: expected float32 [batch, seq + 1] = [2, 4]',
    );
  });
});
