import { describe, expect, it } from 'vitest';
import { randomBase } from '../../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick } from '../../../test/support/random-brick.js';
import { IncompatibleAdapterError, ShapeError } from '../../common/errors.js';
import { sizeOf } from '../../engine/tensor.js';
import { brickPages } from './brick-pages.js';
import { channelOf, identityOf } from './channel.js';

const { sites } = randomBase();

describe('brickPages', () => {
  it.each(BRICK_KINDS)('cuts %s into pages of its channels without copying', (kind) => {
    const parts = brickPages(randomBrick(kind, sites, { seed: 3, pages: 2 }), sites);
    expect(parts.length).toBeGreaterThan(0);
    for (const { channel, pages, fields } of parts)
      for (const [name, shape] of Object.entries(channel.fields))
        expect(fields[name]!.length).toBe(pages * sizeOf(shape));
  });

  it('gives nothing for a brick that is only a head', () => {
    expect(brickPages({ lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] }, sites)).toEqual([]);
  });

  it('refuses arrays that are not as long as their pages', () => {
    const brick = randomBrick('lora', sites, { seed: 3 });
    const wrong = { ...brick, lowRank: { query: { ...brick.lowRank.query!, pages: 2 } } };
    expect(() => brickPages(wrong, sites)).toThrow(ShapeError);
    expect(() => brickPages(wrong, sites)).toThrow('low_rank.query.a: expected 512 numbers, got 256');
  });

  it('refuses parts that the base has no place for', () => {
    const distil = randomBase({ modelType: 'distilbert' });
    expect(() => brickPages(randomBrick('embedding', sites, { seed: 1 }), distil.sites)).toThrow(
      IncompatibleAdapterError,
    );
  });
});

it('only scales have an identity of one', () => {
  expect(identityOf(channelOf('output_scale.key', sites))).toBe(1);
  expect(identityOf(channelOf('bias.key', sites))).toBe(0);
  expect(identityOf(channelOf('bottleneck.ffn.normed.relu', sites))).toBe(0);
});
