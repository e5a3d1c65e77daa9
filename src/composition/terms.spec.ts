import { describe, expect, it } from 'vitest';
import { randomComposition } from '../../test/support/random-composition.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { reduceComposition, type Answer } from './terms.js';
import { parseText } from './text.js';
import type { Composition } from './value.js';

const answers = (text: string): readonly Answer[] => reduceComposition(parseText(text)).answers;
const only = (text: string): Answer => {
  const [answer, ...more] = answers(text);
  expect(more).toEqual([]);
  return answer!;
};
const route = { by: 'arrow', topK: 2, temperature: 1, members: ['a', 'b'] };

describe('a composition as terms', () => {
  it('a member alone is itself with weight 1', () => {
    expect(only('a')).toEqual({ terms: [{ member: 'a', weight: 1, level: 0 }], routes: [] });
  });

  it('weights multiply through sums, and equal terms are added up', () => {
    expect(only('2*(a + 0.5*b) - 0.5*a').terms).toEqual([
      { member: 'a', weight: 1.5, level: 0 },
      { member: 'b', weight: 1, level: 0 },
    ]);
  });

  it('weight 0 is absence, and a sum less itself is the bare base', () => {
    expect(only('a + 0*b').terms).toEqual(only('a').terms);
    expect(only('(a + 0.3*b) - (a + 0.3*b)')).toEqual({ terms: [], routes: [] });
  });

  it('the order of a sum changes the order of its terms alone', () => {
    const sorted = (text: string): unknown[] => [...only(text).terms].sort((x, y) => x.member.localeCompare(y.member));
    expect(sorted('a + 2*b - c')).toEqual(sorted('2*b - c + a'));
  });

  it('the items of a stack have levels, those of an inner stack their own', () => {
    expect(only('stack(a, stack(b, c), a + d)').terms.map(({ member, level }) => [member, level])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['a', 3],
      ['d', 3],
    ]);
  });

  it('ranges are carried inwards and meet; one that is empty drops out', () => {
    expect(only('split((a + b)[2:8], c[8:])').terms).toEqual([
      { member: 'a', weight: 1, level: 0, tokens: { from: 2, to: 8 } },
      { member: 'b', weight: 1, level: 0, tokens: { from: 2, to: 8 } },
      { member: 'c', weight: 1, level: 0, tokens: { from: 8 } },
    ]);
    expect(only('split((split(a[0:4], b[4:]) + c)[2:6])').terms.map(({ member, tokens }) => [member, tokens])).toEqual([
      ['a', { from: 2, to: 4 }],
      ['b', { from: 4, to: 6 }],
      ['c', { from: 2, to: 6 }],
    ]);
    expect(only('split((split(a[0:4], b[4:]) + c)[4:])').terms.map(({ member }) => member)).toEqual(['b', 'c']);
  });

  it('all tokens are no range', () => {
    expect(only('split(a[0:])').terms).toEqual(only('a').terms);
  });

  it('a route keeps its members in order, its weight with each, and its defaults', () => {
    expect(only('0.5*arrow(a, b) + a')).toEqual({
      terms: [
        { member: 'a', weight: 0.5, level: 0, route: 0 },
        { member: 'b', weight: 0.5, level: 0, route: 0 },
        { member: 'a', weight: 1, level: 0 },
      ],
      routes: [route],
    });
  });

  it('two routes stay two, a route of weight 0 is absent', () => {
    expect(only('arrow(a, b) + arrow(a, b)').routes).toEqual([route, route]);
    expect(only('c + 0*arrow(a, b) + arrow(a, b)')).toMatchObject({
      terms: [{ member: 'c' }, { member: 'a', route: 0 }, { member: 'b', route: 0 }],
      routes: [route],
    });
  });

  it('a route keeps no more members than it has', () => {
    expect(only('arrow(a)').routes).toEqual([{ ...route, topK: 1, members: ['a'] }]);
  });

  it('parallel gives an answer each', () => {
    expect(answers('parallel(a, a + b)').map(({ terms }) => terms.length)).toEqual([1, 2]);
  });

  it('sums are linear, over random compositions without a stack or a route', () => {
    const random = new SeededRandom(3);
    const plain = (value: Composition): boolean => !/"(stack|route|parallel)":/.test(JSON.stringify(value));
    const samples = Array.from({ length: 400 }, () => randomComposition(random)).filter(plain);
    expect(samples.length).toBeGreaterThan(50);
    for (const of of samples) {
      const [once] = reduceComposition(of).answers;
      const [twice] = reduceComposition({
        sum: [
          { of, weight: 3 },
          { of, weight: -1 },
        ],
      }).answers;
      expect(twice!.terms.map(({ member, level, tokens }) => ({ member, level, tokens }))).toEqual(
        once!.terms.map(({ member, level, tokens }) => ({ member, level, tokens })),
      );
      twice!.terms.forEach(({ weight }, i) => expect(weight / once!.terms[i]!.weight).toBeCloseTo(2, 6));
    }
  });
});
