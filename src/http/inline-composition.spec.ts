import { expect, it } from 'vitest';
import { inlineOf, toInline } from './inline-composition.js';

it('takes a text, JSON, or either with a choice of labels, and says where it stands', () => {
  const sum = { sum: [{ of: 'a', weight: 1 }, { of: 'b', weight: 0.5 }] }; // prettier-ignore
  expect(toInline('a + 0.5*b')).toEqual({ recipe: { composition: sum }, at: 'composition', recipeAt: 'composition' });
  expect(toInline(sum)).toEqual({ recipe: { composition: sum }, at: 'composition', recipeAt: 'composition' });
  expect(toInline({ composition: 'a + 0.5*b', head: 'base' })).toEqual({
    recipe: { composition: sum, head: 'base' },
    at: 'composition.composition',
    recipeAt: 'composition',
  });
});

it('takes a list of adapters as their sum, and neither both nor what no adapter may be named', () => {
  const adapters = [{ name: 'a', weight: -1 }];
  expect(inlineOf({})).toEqual({});
  expect(inlineOf({ adapters })).toEqual({
    inline: { recipe: { composition: { sum: [{ of: 'a', weight: -1 }] } }, at: 'adapters', recipeAt: 'adapters' },
  });
  expect(() => inlineOf({ adapters, composition: 'a' })).toThrow('got both');
  expect(() => inlineOf({ adapters: [{ name: 'A b', weight: 1 }] })).toThrow('adapters.sum[0].of: expected name');
});
