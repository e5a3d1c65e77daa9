import { describe, expect, it } from 'vitest';
import type { HeadLabels } from '../models/heads.js';
import { joinHeads, planHeads, type HeadPlan } from './head-plan.js';
import { reduceComposition } from './terms.js';
import { parseText } from './text.js';
import type { Recipe } from './value.js';

const single = (...labels: string[]): HeadLabels => ({ labels, problem: 'single' });
const MEMBERS = new Map<string, HeadLabels>([
  ['a', single('yes', 'no')],
  ['b', single('no', 'yes')],
  ['c', single('red', 'green')],
  ['d', single('no', 'red')],
  ['n', { labels: ['score'], problem: 'regression' }],
]);

function plan(text: string, rest: Omit<Recipe, 'composition'> = {}, base?: HeadLabels): HeadPlan {
  const composition = parseText(text);
  const [answer] = reduceComposition(composition).answers;
  return planHeads({ composition, ...rest }, answer!, { members: MEMBERS, ...(base && { base }) });
}

describe('which head answers', () => {
  it('the only one there is', () => {
    expect(plan('a + headless')).toEqual({
      heads: ['a'],
      problem: 'single',
      labels: ['yes', 'no'],
      columns: [[0], [1]],
    });
  });

  it('the mean where all have the same labels, by name and not by place', () => {
    expect(plan('a + b')).toMatchObject({
      heads: ['a', 'b'],
      labels: ['yes', 'no'],
      columns: [
        [0, 3],
        [1, 2],
      ],
    });
  });

  it('all labels side by side where they differ', () => {
    expect(plan('a + c')).toMatchObject({
      heads: ['a', 'c'],
      labels: ['yes', 'no', 'red', 'green'],
      columns: [[0], [1], [2], [3]],
    });
  });

  it('not that of a brick that is taken away, or of weight 0', () => {
    expect(plan('a - c').heads).toEqual(['a']);
    expect(plan('a + 0*c').heads).toEqual(['a']);
  });

  it('that of the router, before those of what it weighs', () => {
    expect(plan('mod_squad(a, c; router=b)').heads).toEqual(['b']);
    expect(plan('mod_squad(a, c; router=headless)').heads).toEqual(['a', 'c']);
    expect(plan('mod_squad(a, c; router=b)', { head: { member: 'c' } }).heads).toEqual(['c']);
  });

  it('that of the base where no member has one, or where it is asked for', () => {
    expect(plan('headless', {}, single('x', 'y')).heads).toEqual(['base']);
    expect(plan('a', { head: 'base' }, single('x', 'y')).labels).toEqual(['x', 'y']);
  });

  it('that of one member', () => {
    expect(plan('a + c', { head: { member: 'c' } })).toMatchObject({ heads: ['c'], labels: ['red', 'green'] });
    expect(plan('arrow(a, c)', { head: { member: 'a' } }).heads).toEqual(['a']);
  });

  it('a mask keeps the named labels, in its order', () => {
    expect(plan('a + c', { labels: ['green', 'no'] })).toMatchObject({ labels: ['green', 'no'], columns: [[3], [1]] });
  });

  it('one label in two heads of a union is settled by a mask or by a choice', () => {
    expect(() => plan('a + d')).toThrow('expected each label in one head of a union, got no in two');
    expect(plan('a + d', { labels: ['yes', 'red'] }).columns).toEqual([[0], [3]]);
    expect(plan('a + d', { head: { member: 'd' } }).labels).toEqual(['no', 'red']);
    expect(() => plan('a + b', { head: 'union' })).toThrow('in two');
  });

  it.each<[string, Omit<Recipe, 'composition'>, string, string]>([
    ['a + c', { head: 'mean' }, 'recipe.head', 'expected the same labels in all heads of a mean'],
    ['a + n', {}, 'recipe.head', 'expected heads of one problem, got single and regression'],
    ['a', { labels: ['maybe'] }, 'recipe.labels', 'expected labels of the heads, got maybe'],
    ['a + headless', { head: { member: 'headless' } }, 'recipe.head.member', 'expected a member with a head'],
    ['headless', {}, 'recipe.head', 'expected a member with a head, or a base with one'],
    ['a', { head: 'base' }, 'recipe.head', 'got neither'],
  ])('%s with %j is refused', (text, rest, param, message) => {
    expect(() => plan(text, rest)).toThrow(message);
    expect(() => plan(text, rest)).toThrow(expect.objectContaining({ code: 'invalid_composition', param }));
  });
});

it('logits of several heads are joined, row by row', () => {
  const logits = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40);
  expect([...joinHeads(plan('a + b'), logits, 4)]).toEqual([2.5, 2.5, 25, 25]);
  expect([...joinHeads(plan('a + c', { labels: ['green', 'no'] }), logits, 4)]).toEqual([4, 2, 40, 20]);
});
