import { describe, expect, it } from 'vitest';
import { randomComposition } from '../../test/support/random-composition.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { readComposition, readRecipe } from './json.js';
import { NESTING } from './nesting.js';
import type { Composition, CompositionKind } from './value.js';

const random = new SeededRandom(5);
const deep = (levels: number): unknown => (levels === 1 ? 'a' : { stack: [deep(levels - 1)] });
const OF_KIND: Readonly<Record<CompositionKind, Composition>> = {
  member: 'a',
  sum: { sum: [{ of: 'a', weight: 1 }] },
  stack: { stack: ['a'] },
  parallel: { parallel: ['a'] },
  split: { split: [{ of: 'a', from: 0 }] },
  route: { route: ['a'], by: 'arrow' },
};

describe('a composition from JSON', () => {
  it('is itself again', () => {
    for (let i = 0; i < 200; i++) {
      const composition = randomComposition(random);
      expect(readComposition(JSON.parse(JSON.stringify(composition)))).toEqual(composition);
    }
  });

  it('may be the text form', () => {
    expect(readComposition('a + b')).toEqual({
      sum: [
        { of: 'a', weight: 1 },
        { of: 'b', weight: 1 },
      ],
    });
  });

  it.each<[string, unknown, string, string]>([
    ['a number', 3, 'composition', 'expected a member or an object with sum, stack, parallel, split, route'],
    ['nothing', null, 'composition', 'expected a member or an object'],
    ['an unknown kind', { fuse: ['a'] }, 'composition', 'expected a member or an object'],
    [
      'two kinds',
      { sum: [{ of: 'a', weight: 1 }], stack: ['a'] },
      'composition',
      'expected no other keys, got "stack"',
    ],
    ['an empty sum', { sum: [] }, 'composition.sum', 'expected'],
    ['a text in JSON', { stack: ['a + b'] }, 'composition.stack[0]', 'expected name, name@alias or name@sha256'],
    ['the base as a member', { stack: ['base'] }, 'composition.stack[0]', 'expected name'],
    ['a weight that is infinite', { sum: [{ of: 'a', weight: Infinity }] }, 'composition.sum[0].weight', 'finite'],
    ['a weight that is no number', { sum: [{ of: 'a', weight: NaN }] }, 'composition.sum[0].weight', 'finite'],
    ['a weight of text', { sum: [{ of: 'a', weight: '1' }] }, 'composition.sum[0].weight', 'expected number'],
    ['a huge weight', { sum: [{ of: 'a', weight: 1e30 }] }, 'composition.sum[0].weight', 'expected a number from'],
    ['a member twice in a route', { route: ['a', 'a'], by: 'arrow' }, 'composition.route[1]', 'each member once'],
    ['an unknown law', { route: ['a'], by: 'dice' }, 'composition.by', 'arrow'],
    ['more kept than members', { route: ['a'], by: 'arrow', top_k: 2 }, 'composition.top_k', '1 to the 1 members'],
    [
      'a temperature of 0',
      { route: ['a'], by: 'arrow', temperature: 0 },
      'composition.temperature',
      'expected a number',
    ],
    ['a floor that is a word', { route: ['a'], by: 'centroid', floor: 'low' }, 'composition.floor', 'number or auto'],
    [
      'a floor of its own for tokens',
      { route: ['a'], by: 'arrow', floor: 'auto' },
      'composition.floor',
      'a job fits one',
    ],
    [
      'a router for Arrow',
      { route: ['a'], by: 'arrow', router: 'r' },
      'composition.router',
      'expected none, for arrow',
    ],
    ['a router of no name', { route: ['a'], by: 'mod_squad', router: '' }, 'composition.router', 'expected name'],
    ['a router without members', { route: [], by: 'mod_squad', router: 'r' }, 'composition.route', 'expected'],
    [
      'a fusion without a router',
      { route: ['a', 'b'], by: 'adapter_fusion' },
      'composition.router',
      'expected the fusion that was fitted for its members, got none',
    ],
    ...(['top_k', 'temperature', 'floor'] as const).map((key): [string, unknown, string, string] => [
      `a fusion with a ${key}`,
      { route: ['a', 'b'], by: 'adapter_fusion', router: 'r', [key]: 1 },
      `composition.${key}`,
      'adapter_fusion mixes all its members by attention, got 1',
    ]),
    ['an infinite floor', { route: ['a'], by: 'arrow', floor: Infinity }, 'composition.floor', 'finite'],
    ['a range that is empty', { split: [{ of: 'a', from: 8, to: 8 }] }, 'composition.split[0].to', 'after from 8'],
    ['a negative token', { split: [{ of: 'a', from: -1 }] }, 'composition.split[0].from', 'from 0'],
    [
      'too many members',
      { stack: [{ stack: Array(60).fill('a') }, { stack: Array(5).fill('a') }] },
      'composition',
      '64',
    ],
    ['too deep a nesting', deep(9), `composition${'.stack[0]'.repeat(8)}`, 'at most 8 levels'],
    ['a nesting without an end', deep(5000), `composition${'.stack[0]'.repeat(8)}`, 'at most 8 levels'],
  ])('refuses %s', (_, value, param, message) => {
    expect(() => readComposition(value)).toThrow(message);
    expect(() => readComposition(value)).toThrow(
      expect.objectContaining({ code: 'invalid_composition', param, status: 400 }),
    );
  });

  const pairs = (Object.keys(OF_KIND) as CompositionKind[])
    .filter((outer) => outer !== 'member')
    .flatMap((outer) => (Object.keys(OF_KIND) as CompositionKind[]).map((inner) => [outer, inner] as const));

  it.each(pairs)('a %s with a %s inside is read, or refused with the reason of the table', (outer, inner) => {
    const value = wrap(outer, OF_KIND[inner]);
    const reason = NESTING[outer][inner];
    if (reason === undefined) expect(readComposition(value)).toEqual(value);
    else expect(() => readComposition(value)).toThrow(reason);
  });
});

function wrap(outer: CompositionKind, inner: Composition): unknown {
  if (outer === 'sum') return { sum: [{ of: inner, weight: 2 }] };
  if (outer === 'split') return { split: [{ of: inner, from: 0, to: 4 }] };
  return outer === 'route' ? { route: [inner], by: 'arrow' } : { [outer]: [inner] };
}

describe('a recipe', () => {
  it('is a composition with the choice of a head and of labels', () => {
    const recipe = { composition: { stack: ['a', 'b'] }, head: { member: 'b' }, labels: ['yes', 'no'] };
    expect(readRecipe(recipe)).toEqual(recipe);
    expect(readRecipe('a + b').composition).toEqual(readComposition('a + b'));
  });

  it.each<[unknown, string, string]>([
    [
      { composition: 'a', head: { member: 'b' } },
      'recipe.head.member',
      'expected a member as the composition names it',
    ],
    [{ composition: 'a', labels: ['x', 'x'] }, 'recipe.labels', 'distinct labels, got x twice'],
    [{ composition: 'a', labels: [] }, 'recipe.labels', 'expected'],
    [{ composition: 'a', weights: 1 }, 'recipe', 'expected no other keys'],
    [{ composition: 'a', head: 'all' }, 'recipe.head', 'expected union, mean, base'],
  ])('%j is refused', (value, param, message) => {
    expect(() => readRecipe(value)).toThrow(message);
    expect(() => readRecipe(value)).toThrow(expect.objectContaining({ param }));
  });
});
