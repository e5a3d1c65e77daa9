import { describe, expect, it } from 'vitest';
import { placed as placedOn } from '../../../test/support/placed.js';
import { randomBase } from '../../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick, type BrickKind } from '../../../test/support/random-brick.js';
import { ValidationError } from '../../common/errors.js';
import type { PoolName } from './channel.js';
import { isScaling, type Placement } from './placement.js';
import { isWide, selectPages } from './selection.js';

const { sites } = randomBase();

const placed = (pages: Partial<Record<PoolName, number[]>>, isScaling = false) => placedOn(sites, pages, isScaling);

function lists(parts: { placement: Placement; weight: number }[]) {
  const { channels } = selectPages(parts);
  return Object.fromEntries(
    [...channels].map(([name, { pages }]) => [
      name,
      { ids: pages.map(({ page }) => page), gates: pages.map(({ weight }) => weight) },
    ]),
  );
}

describe('selectPages', () => {
  it('gives nothing for a row without bricks', () => {
    expect(selectPages([])).toEqual({ channels: new Map(), routes: [] });
  });

  it('puts the pages of several bricks one after the other, each with its weight', () => {
    const first = placed({ 'low_rank.query': [3, 1], 'bias.query': [2] });
    const second = placed({ 'low_rank.query': [7], 'low_rank.value': [4] });
    expect(
      lists([
        { placement: first, weight: 0.5 },
        { placement: second, weight: -2 },
      ]),
    ).toEqual({
      'low_rank.query': { ids: [3, 1, 7], gates: [0.5, 0.5, -2] },
      'bias.query': { ids: [2], gates: [0.5] },
      'low_rank.value': { ids: [4], gates: [-2] },
    });
  });

  it('fills the weights of scales up to one with the identity', () => {
    const dora = placed({ 'output_scale.query': [5] });
    expect(lists([{ placement: dora, weight: 1 }])).toEqual({ 'output_scale.query': { ids: [5], gates: [1] } });
    expect(
      lists([
        { placement: dora, weight: 0.25 },
        { placement: dora, weight: 0.25 },
      ]),
    ).toEqual({
      'output_scale.query': { ids: [5, 5, 0], gates: [0.25, 0.25, 0.5] },
    });
  });

  const ia3 = placed({ 'input_scale.ffn_down': [1] }, true);
  const lora = placed({ 'low_rank.query': [1] });
  const prompt = placed({ prompt: [1, 2] });
  it.each([
    ['a weighted (IA)³', [{ placement: ia3, weight: 0.5 }], 'weight 1, got weight 0.5 among 1'],
    [
      '(IA)³ beside another',
      [
        { placement: lora, weight: 1 },
        { placement: ia3, weight: 1 },
      ],
      'among 2 adapters',
    ],
    ['a weighted prompt', [{ placement: prompt, weight: 2 }], 'prompt adapter has weight 1, got 2'],
    ['a weight that is no number', [{ placement: lora, weight: NaN }], 'finite number, got NaN'],
  ])('refuses %s', (_name, parts, message) => {
    expect(() => selectPages(parts)).toThrow(ValidationError);
    expect(() => selectPages(parts)).toThrow(message);
  });
});

it('only (IA)³ is scaling: a scale of DoRA belongs to its pages', () => {
  const scaling = BRICK_KINDS.filter((kind: BrickKind) => isScaling(randomBrick(kind, sites, { seed: 1 })));
  expect(scaling).toEqual(['ia3']);
});

it('a row is wide above 16 pages of units, but not for a long prefix', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const select = (placement: Placement) => selectPages([{ placement, weight: 1 }]);
  expect(isWide(select(placed({ 'low_rank.query': ids(16) })))).toBe(false);
  expect(isWide(select(placed({ 'low_rank.query': ids(17) })))).toBe(true);
  expect(isWide(select(placed({ prefix: ids(40) })))).toBe(false);
});
