import { describe, expect, it } from 'vitest';
import { randomBase } from '../../../test/support/random-base.js';
import { randomBrick, type BrickKind } from '../../../test/support/random-brick.js';
import { PAGE_RANKS, type Brick } from '../../adapters/brick.js';
import { reduceComposition } from '../terms.js';
import { parseText } from '../text.js';
import { arrowGates } from './arrow.js';
import { calibratedCentroid, centroidOf, centroidShares } from './centroid.js';
import { calibratedFloor } from './floor.js';
import { phatgooseGates } from './phatgoose.js';
import { settleRoute } from './settle-route.js';

const { sites } = randomBase();
const brickOf = (kind: BrickKind, pages = 2): Brick => randomBrick(kind, sites, { seed: 7, pages });

describe('prototypes of Arrow', () => {
  /** ‖ΔW · v‖ of layer `layer` of the query projection. */
  function answered({ lowRank }: Brick, v: Float32Array, layer: number): number {
    const { pages, a, b } = lowRank.query!;
    const [inWidth, out] = [v.length, b.length / (pages * sites.layers * PAGE_RANKS)];
    const y = new Float64Array(out);
    for (let page = 0; page < pages; page++) {
      for (let rank = 0; rank < PAGE_RANKS; rank++) {
        const row = (page * sites.layers + layer) * PAGE_RANKS + rank;
        const low = v.reduce((sum, value, i) => sum + value * a[row * inWidth + i]!, 0);
        for (let o = 0; o < out; o++) y[o]! += low * b[row * out + o]!;
      }
    }
    return Math.hypot(...y);
  }

  it('are unit and answered more than any other direction', () => {
    const brick = brickOf('lora');
    const gates = arrowGates(brick, sites.layers).query!;
    for (let layer = 0; layer < sites.layers; layer++) {
      const v = gates.subarray(layer * sites.hidden, (layer + 1) * sites.hidden);
      expect(Math.hypot(...v)).toBeCloseTo(1, 5);
      const most = answered(brick, v, layer);
      for (let other = 0; other < sites.hidden; other++) {
        const turned = v.map((value, at) => value + (at === other ? 0.1 : 0));
        const length = Math.hypot(...turned);
        expect(
          answered(
            brick,
            turned.map((value) => value / length),
            layer,
          ),
        ).toBeLessThanOrEqual(most + 1e-5);
      }
    }
  });

  it('stand where the brick has pages, for bottlenecks at the end of the block', () => {
    expect(Object.keys(arrowGates(brickOf('lora'), sites.layers))).toEqual(['query', 'value']);
    expect(
      Object.keys(arrowGates(brickOf('bottleneck_output'), sites.layers)).every((key) => key.endsWith('_block')),
    ).toBe(true);
    expect(arrowGates(brickOf('prefix'), sites.layers)).toEqual({});
  });

  it('of a layer without an update are zero', () => {
    const { lowRank } = brickOf('lora', 1);
    const size = lowRank.query!.b.length / sites.layers;
    const b = lowRank.query!.b.map((value, at) => (at < size ? 0 : value));
    const empty: Brick = { ...brickOf('lora', 1), lowRank: { query: { ...lowRank.query!, b } } };
    const gates = arrowGates(empty, sites.layers).query!;
    expect(gates.subarray(0, sites.hidden).every((value) => value === 0)).toBe(true);
    expect(Math.hypot(...gates.subarray(sites.hidden))).toBeGreaterThan(0.5);
  });
});

it('gates of PHATGOOSE have mean 0 and variance 1 in each layer, whatever their length', () => {
  const gates = phatgooseGates({ query: Float32Array.of(1, 2, 3, 4, 100, 300, 200, 400) }, 2).query!;
  for (const layer of [gates.subarray(0, 4), gates.subarray(4)]) {
    expect(layer.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
    expect(layer.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 4);
  }
  expect(phatgooseGates({ value: new Float32Array(4) }, 1).value).toEqual(new Float32Array(4));
});

describe('routing by centroid', () => {
  const centroids = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(-1, 0)];
  const route = { topK: 2, temperature: 0.5 };

  it('shares out by the cosine among the best', () => {
    const [a, b, c, abstained] = centroidShares(Float32Array.of(3, 3), centroids, route);
    expect([a, b, c, abstained]).toEqual([0.5, 0.5, 0, 0]);
    const odds = Math.exp((0.8 - 0.6) / 0.5);
    const [near, far] = centroidShares(Float32Array.of(8, 6), centroids, route);
    expect(near! / far!).toBeCloseTo(odds, 4);
    expect(near! + far!).toBeCloseTo(1, 6);
  });

  it('keeps the first of equal ones', () => {
    expect([...centroidShares(Float32Array.of(1, 1), centroids, { ...route, topK: 1 })]).toEqual([1, 0, 0, 0]);
  });

  it('abstains under the floor, and for a request without a direction', () => {
    expect([...centroidShares(Float32Array.of(0, -1), centroids, { ...route, floor: 0.1 })]).toEqual([0, 0, 0, 1]);
    expect([...centroidShares(Float32Array.of(0, 0), centroids, { ...route, floor: 0.1 })]).toEqual([0, 0, 0, 1]);
  });

  it('is calibrated on the member’s own texts', () => {
    const { vector, floor } = calibratedCentroid([Float32Array.of(2, 0), Float32Array.of(3, 4)], 0);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    expect(floor).toBeCloseTo(vector[0]!, 6);
    expect(() => calibratedCentroid([])).toThrow('expected at least one');
    expect(() => calibratedCentroid([Float32Array.of(1), Float32Array.of(-1)])).toThrow('cancel out');
  });

  it('a centroid is the unit mean of unit embeddings, however long they are', () => {
    const [x, y] = centroidOf([Float32Array.of(100, 0), Float32Array.of(0, 1)]);
    expect([x, y]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)]);
    expect([...centroidOf([Float32Array.of(1, 0), Float32Array.of(-1, 0)])]).toEqual([0, 0]);
  });
});

it('a floor leaves the asked share of own inputs to the base', () => {
  const largest = Array.from({ length: 100 }, (_, i) => i / 100);
  const floor = calibratedFloor([...largest].reverse(), 0.05);
  expect(largest.filter((logit) => logit < floor)).toHaveLength(5);
  expect(calibratedFloor([0.3], 1)).toBe(0.3);
  expect(() => calibratedFloor([])).toThrow('expected inputs to calibrate on');
  expect(() => calibratedFloor([1], NaN)).toThrow('expected a share from 0 to 1');
});

it('a decided route is plain terms, and later routes move up', () => {
  const [answer] = reduceComposition(parseText('c + 0.5*centroid(a, b, d) + arrow(a, b)')).answers;
  const settled = settleRoute(answer!, 0, Float32Array.of(0.75, 0, 0.25, 0));
  expect(settled.terms).toEqual([
    { member: 'c', weight: 1, level: 0 },
    { member: 'a', weight: 0.375, level: 0 },
    { member: 'd', weight: 0.125, level: 0 },
    { member: 'a', weight: 1, level: 0, route: 0 },
    { member: 'b', weight: 1, level: 0, route: 0 },
  ]);
  expect(settled.routes).toEqual([answer!.routes[1]]);
});
