import { expect, it } from 'vitest';
import { randomBase } from '../../../test/support/random-base.js';
import { channelOf, type PoolName } from './channel.js';
import { levelsOf } from './levels.js';

const { sites } = randomBase();
const part = (level: number, ...pools: PoolName[]) => ({
  level,
  placement: {
    isScaling: false,
    pages: new Map(pools.map((pool) => [pool, { channel: channelOf(pool, sites), ids: [1] }])),
  },
});

it('levels of low-rank pages, biases and norms are one', () => {
  const levelOf = levelsOf([part(0, 'low_rank.query', 'bias.query'), part(1, 'low_rank.query', 'block_norms')]);
  expect([levelOf('low_rank.query', 1), levelOf('bias.query', 0), levelOf('block_norms', 1)]).toEqual([0, 0, 0]);
});

it('a scale above something at its site opens a level, and what stands above it is on that level', () => {
  const levelOf = levelsOf([
    part(0, 'low_rank.query', 'low_rank.value'),
    part(2, 'output_scale.query', 'bias.query'),
    part(3, 'low_rank.query', 'low_rank.value'),
  ]);
  expect([0, 2, 3].map((level) => levelOf('low_rank.query', level))).toEqual([0, 1, 1]);
  expect(levelOf('bias.query', 2)).toBe(1);
  expect(levelOf('low_rank.value', 3)).toBe(0);
});

it('a scale with nothing below it is on the first level', () => {
  const levelOf = levelsOf([part(0, 'low_rank.value'), part(1, 'output_scale.query')]);
  expect(levelOf('output_scale.query', 1)).toBe(0);
});

it('input scales, and bottlenecks of one block, count their own levels', () => {
  const levelOf = levelsOf([
    part(0, 'bottleneck.ffn.normed.relu', 'bottleneck_bias.ffn.normed.relu'),
    part(1, 'input_scale.ffn_down', 'bottleneck_bias.attention.normed.relu'),
    part(2, 'input_scale.ffn_down', 'bottleneck.ffn.output.relu'),
  ]);
  expect([1, 2].map((level) => levelOf('input_scale.ffn_down', level))).toEqual([0, 1]);
  expect(levelOf('bottleneck.ffn.output.relu', 2)).toBe(1);
  expect(levelOf('bottleneck_bias.attention.normed.relu', 1)).toBe(0);
});
