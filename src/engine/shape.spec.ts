import { describe, expect, it } from 'vitest';
import { ShapeError } from '../common/errors.js';
import { dim, mulDims } from './dim.js';
import {
  broadcastShapes,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  type Shape,
  shapeToString,
  sizeOfShape,
} from './shape.js';

const batch = dim('batch');
const seq = dim('seq');

describe('broadcastShapes', () => {
  it.each<[Shape, Shape, string]>([
    [[2, 3], [3], '[2, 3]'],
    [[2, 1], [1, 3], '[2, 3]'],
    [[], [batch, 3], '[batch, 3]'],
    [[batch, 1, 1, seq], [12, seq, 1], '[batch, 12, seq, seq]'],
    [[0, 3], [1, 3], '[0, 3]'],
    [[0], [1], '[0]'],
  ])('%#: aligns at the last axis and stretches 1', (a, b, expected) => {
    expect(shapeToString(broadcastShapes(a, b))).toBe(expected);
    expect(shapeToString(broadcastShapes(b, a))).toBe(expected);
  });

  it.each<[Shape, Shape]>([
    [[2], [3]],
    [[batch], [seq]],
    [[batch], [2]],
    [[0], [2]],
  ])('%#: refuses sizes that differ for some value', (a, b) => {
    expect(() => broadcastShapes(a, b)).toThrow(ShapeError);
  });

  it('names the operation and both shapes', () => {
    expect(() => broadcastShapes([batch, 2], [3], 'add')).toThrow(
      'add: b: expected a shape that broadcasts with [batch, 2], got [3]',
    );
  });
});

describe('axes', () => {
  it('count from the end when negative', () => {
    expect(normalizeAxis(-1, 3, 'softmax')).toBe(2);
    expect(normalizeAxes([-1, 0], 3, 'reduceSum')).toEqual([0, 2]);
  });

  it.each([3, -4, 0.5, NaN])('refuse %s of three', (axis) => {
    expect(() => normalizeAxis(axis, 3, 'softmax')).toThrow(/^softmax: axis: expected an integer in \[-3, 3\), got /);
  });

  it('must be distinct', () => {
    expect(() => normalizeAxes([1, -2], 3, 'reduceSum')).toThrow(
      'reduceSum: axes: expected distinct axes, got [1, -2]',
    );
  });
});

it('compares shapes by value, not by object', () => {
  expect(sameShape([dim('batch'), 3], [batch, 3])).toBe(true);
  expect(sameShape([batch, 3], [batch])).toBe(false);
  expect(sameShape([batch], [batch, 3])).toBe(false);
});

it('counts elements as a polynomial', () => {
  expect(sizeOfShape([])).toBe(1);
  expect(shapeToString([sizeOfShape([batch, seq, 4]), mulDims(2, 3)])).toBe('[4*batch*seq, 6]');
});
