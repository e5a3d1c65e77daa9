import { describe, expect, it } from 'vitest';
import { recipeDigest, recipeFile } from './canonical.js';
import { readRecipe } from './json.js';
import { replaceMembers } from './replace-members.js';
import { parseText, printText } from './text.js';
import { membersOf } from './value.js';

describe('the digest of a recipe', () => {
  it('does not depend on the order of keys, on defaults said or not, or on the sign of 0', () => {
    const digest = recipeDigest({ composition: { route: ['a', 'b'], by: 'arrow' } });
    expect(
      recipeDigest(readRecipe({ composition: { by: 'arrow', temperature: 1, top_k: 2, route: ['a', 'b'] } })),
    ).toBe(digest);
    expect(recipeDigest({ composition: { sum: [{ of: 'a', weight: -0 }] } })).toBe(
      recipeDigest({ composition: { sum: [{ weight: 0, of: 'a' }] } }),
    );
  });

  it('says no settings of a fusion, which has none', () => {
    const composition = { route: ['a', 'b'], by: 'adapter_fusion' as const, router: 'r' };
    expect(JSON.parse(recipeFile({ composition }))).toEqual({ composition });
  });

  it('depends on members, weights, order, head and labels', () => {
    const recipes = ['a', 'a + b', 'b + a', 'a + 2*b', 'stack(a, b)'].map((text) => ({ composition: parseText(text) }));
    const more = [
      { composition: 'a', head: 'base' as const },
      { composition: 'a', labels: ['x'] },
    ];
    expect(new Set([...recipes, ...more].map(recipeDigest)).size).toBe(7);
  });

  it('is of a file that reads as the same recipe', () => {
    const recipe = readRecipe({ composition: parseText('arrow(a, b) - 0.5*c'), head: { member: 'c' } });
    const again = readRecipe(JSON.parse(recipeFile(recipe)));
    expect(recipeFile(again)).toBe(recipeFile(recipe));
  });
});

describe('members', () => {
  it('are listed once, in order', () => {
    expect(membersOf(parseText('stack(b, arrow(a, b), split(c[0:2], a[2:]))'))).toEqual(['b', 'a', 'c']);
  });

  it('are replaced at their places, by compositions where the table allows it', () => {
    const places: string[] = [];
    const replaced = replaceMembers(parseText('stack(a, 2*b)'), (member, at) => {
      places.push(at);
      return member === 'b' ? parseText('c + d') : `${member}@prod`;
    });
    expect(printText(replaced)).toBe('stack(a@prod, 2*(c + d))');
    expect(places).toEqual(['composition.stack[0]', 'composition.stack[1].sum[0].of']);
  });

  it('of a route stay members', () => {
    expect(() => replaceMembers(parseText('arrow(a, b)'), () => parseText('c + d'))).toThrow(
      'a route weighs its members',
    );
  });
});
