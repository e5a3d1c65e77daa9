import { describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { channelOf, type PoolName } from '../adapters/rows/channel.js';
import { graphKey, variantKey, type Gating, type Variant } from '../adapters/rows/variant.js';
import { VariantPrograms } from './variant-programs.js';

const { sites } = randomBase();

function variant(...names: PoolName[]): Variant {
  return {
    uses: new Map(
      names.sort().map((name) => [name, { channel: channelOf(name, sites), width: 2, gating: 'row', isRouted: false }]),
    ),
  };
}

function gated(name: PoolName, gating: Gating): Variant {
  return { uses: new Map([[name, { channel: channelOf(name, sites), width: 1, gating, isRouted: false }]]) };
}

function make(limit: number) {
  const compiled: string[] = [];
  const programs = new VariantPrograms({
    limit,
    compile: (wanted) => {
      compiled.push(graphKey(wanted));
      return Promise.resolve({ run: () => Promise.resolve({}), dispose: () => Promise.resolve() });
    },
  });
  const get = async (wanted: Variant) => variantKey((await programs.get(wanted)).variant);
  return { programs, compiled, get };
}

describe('VariantPrograms', () => {
  it('compiles a variant that nothing covers, once', async () => {
    const { compiled, get } = make(4);
    expect(await get(variant('low_rank.query'))).toBe('low_rank.query:2@row');
    await get(variant('low_rank.query'));
    expect(compiled).toEqual(['low_rank.query@row']);
  });

  it('runs a new variant on one that covers it, and gives it its own program when it comes again', async () => {
    const { compiled, get } = make(4);
    await get(variant('low_rank.query', 'low_rank.value', 'prefix'));
    await get(variant('low_rank.query', 'low_rank.value'));
    await get(variant('low_rank.query', 'low_rank.value'));
    compiled.length = 0;
    expect(await get(variant('low_rank.value'))).toBe('low_rank.query:1@row low_rank.value:2@row');
    expect(compiled).toEqual([]);
    expect(await get(variant('low_rank.value'))).toBe('low_rank.value:2@row');
    expect(compiled).toEqual(['low_rank.value@row']);
  });

  it('reads ungated vectors on a gated program, but not the other way', async () => {
    const { compiled, get } = make(4);
    await get(gated('bias.key', 'row'));
    expect(await get(gated('bias.key', 'none'))).toBe('bias.key:1@row');
    await get(gated('bias.query', 'none'));
    expect(await get(gated('bias.query', 'row'))).toBe('bias.query:1@row');
    expect(compiled).toEqual(['bias.key@row', 'bias.query', 'bias.query@row']);
  });

  it('compiles the cover of all when full, and then no more for mixes without end', async () => {
    const { programs, compiled, get } = make(3);
    const names: PoolName[] = ['bias.key', 'bias.query', 'bias.value', 'prefix', 'prompt'];
    for (let mix = 1; mix < 32; mix++) await get(variant(...names.filter((_, bit) => (mix >> bit) & 1)));
    const first = compiled.length;
    for (let round = 0; round < 3; round++)
      for (let mix = 1; mix < 32; mix++) await get(variant(...names.filter((_, bit) => (mix >> bit) & 1)));
    expect(compiled.length).toBe(first);
    expect(programs.size).toBe(3);
  });

  it('gives a variant that is wanted often its own program even when full', async () => {
    const { compiled, get } = make(2);
    await get(variant('prefix', 'prompt', 'bias.key'));
    await get(variant('prefix', 'prompt'));
    await get(variant('prefix', 'prompt'));
    compiled.length = 0;
    for (let times = 0; times < 300; times++) await get(variant('prefix'));
    expect(compiled).toEqual(['prefix@row']);
  });
});
