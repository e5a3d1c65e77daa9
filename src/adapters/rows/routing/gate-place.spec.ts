import { expect, it } from 'vitest';
import { randomBase } from '../../../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick } from '../../../../test/support/random-brick.js';
import { routedPlaces } from '../../../composition/routed-places.js';
import { ResidentBricks } from '../../../runtime/resident-bricks.js';
import type { PoolName } from '../channel.js';
import { gatePlaceOf } from './gate-place.js';

it.each<[PoolName, string | undefined]>([
  ['low_rank.query', 'query'],
  ['bias.ffn_up', 'ffn_up'],
  ['output_scale.attention_output', 'attention_output'],
  ['bottleneck.attention.normed.relu', 'attention_block'],
  ['bottleneck_bias.ffn.output.gelu', 'ffn_block'],
  ['input_scale.ffn_down', undefined],
  ['embedding.word', undefined],
  ['block_norms', undefined],
  ['embedding_norm', undefined],
  ['prefix', undefined],
  ['prompt', undefined],
  ['gate.query', undefined],
  ['gate.ffn_block', undefined],
  ['fusion.attention', undefined],
])('pages of %s are shared out by the gates of %s', (pool, place) => expect(gatePlaceOf(pool)).toBe(place));

it('is where composing expects gates of a brick', () => {
  const { sites } = randomBase();
  for (const kind of BRICK_KINDS.filter((one) => one !== 'ia3')) {
    const brick = randomBrick(kind, sites, { seed: 1 });
    const { placement } = new ResidentBricks(sites).load(kind, brick);
    const places = [...placement.pages.keys()].flatMap((pool) => gatePlaceOf(pool) ?? []);
    expect([kind, [...new Set(places)].sort()]).toEqual([kind, routedPlaces(brick).sort()]);
  }
});
