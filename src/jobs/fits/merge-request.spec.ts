import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../composition/value.js';
import type { Member } from '../../registry/compositions/members.service.js';
import type { PinnedRecipe } from '../../registry/compositions/pin-recipe.js';
import type { MergeFit } from '../../training/fits/merge-options.js';
import type { JobRequest } from '../job-request.js';
import { fitOf } from './fit-request.js';
import { mergeRecipe, mergeRequest } from './merge-request.js';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const PINNED = { a: `a@${digest('a')}`, b: `b@${digest('b')}`, c: `c@${digest('c')}` };

const member = (name: 'a' | 'b' | 'c', { head = false, method = 'lora', format = 'peft' } = {}): Member => {
  const details = { format, head: head ? 'sequence' : null, problem: null, virtual_tokens: 0 };
  const summary = { method, task: head ? 'token_classification' : 'embedding', labels: null, details };
  return { pinned: PINNED[name], tenantId: 't', version: { name, summary } } as unknown as Member;
};
const pinned = (recipe: Recipe, ...members: readonly Member[]): PinnedRecipe => {
  return { recipe, members: new Map(members.map((one) => [one.pinned, one])), through: [] };
};
const sumOf = (...weights: readonly number[]): Recipe => {
  return { composition: { sum: weights.map((weight, at) => ({ of: Object.values(PINNED)[at]!, weight })) } };
};
const request = (objective: object): JobRequest =>
  ({ model: 'base', task: 'sequence_classification', seed: 9, objective: { name: 'merge', ...objective } }) as never;
const fit = (objective: object): MergeFit => fitOf(request(objective)) as MergeFit;
const settled = (objective: object, plan: PinnedRecipe) => mergeRequest(request(objective), fit(objective), plan);

describe('what a merge sums', () => {
  it('is its members with their weights, or a composition', () => {
    const sum = [
      { of: 'a', weight: 1 },
      { of: 'b', weight: -0.5 },
    ];
    expect(mergeRecipe(fit({ members: ['a', 'b'], weights: [1, -0.5] }))).toEqual({ composition: { sum } });
    expect(mergeRecipe(fit({ members: ['a'] }))).toEqual({ composition: { sum: [sum[0]] } });
    expect(mergeRecipe(fit({ composition: 'a - 0.5*b' }))).toEqual({ composition: { sum } });
  });

  it.each([
    [{}, 'either members or a composition, got neither'],
    [{ members: ['a'], composition: 'a' }, 'got both'],
    [{ members: ['a', 'b'], weights: [1] }, 'objective.weights: expected one for each of 2 members, got 1'],
    [{ composition: 'a', weights: [1] }, 'objective.weights: expected none with a composition'],
    [{ members: ['a', 'b'], weights: [0, 0] }, 'expected a weight other than 0'],
    [{ members: ['a'], weights: [1e9] }, 'objective.members[0].weight'],
    [{ composition: 'a +' }, 'objective.composition'],
  ])('is refused for %j', (objective, message) => expect(() => mergeRecipe(fit(objective))).toThrow(message));
});

describe('a merge as it is kept', () => {
  it('has pinned members, sums in sums put out, and the task of the head that goes along', () => {
    const inner = { sum: [{ of: PINNED.a, weight: 2 }, { of: PINNED.b, weight: 4 }] }; // prettier-ignore
    const outer = { sum: [{ of: inner, weight: 0.5 }, { of: PINNED.a, weight: -3 }] }; // prettier-ignore
    const objective = { composition: 'squad', merge_type: 'svd', rank: 2 };
    const kept = settled(objective, pinned({ composition: outer }, member('a'), member('b', { head: true })));
    expect(kept).toMatchObject({ task: 'token_classification', seed: 9 });
    expect(kept.objective).toEqual({
      ...{ name: 'merge', merge_type: 'svd', rank: 2 },
      ...{ members: [PINNED.a, PINNED.b], weights: [-2, 2] },
    });
    expect(mergeRecipe(fitOf(kept) as MergeFit)).toEqual(sumOf(-2, 2));
  });

  it('says the seed where something is drawn, the own one or that of the job', () => {
    const plan = pinned(sumOf(1, 1), member('a'), member('b'));
    const dare = { members: ['a', 'b'], merge_type: 'dare_ties' };
    expect(settled(dare, plan)).toMatchObject({ seed: 9, objective: { seed: 9 } });
    expect(settled({ ...dare, seed: 4 }, plan)).toMatchObject({ seed: 4, objective: { seed: 4 } });
    expect(settled({ ...dare, merge_type: 'ties' }, plan).objective).not.toHaveProperty('seed');
  });

  it('takes the head that is asked for, else that of the composition', () => {
    const both = [member('a', { head: true }), member('b', { head: true })];
    const heads = (objective: object, recipe: Recipe = sumOf(1, 1)) =>
      settled(objective, pinned(recipe, ...both)).objective?.['head'];
    expect(heads({ members: ['x', 'y'], head: 'y' })).toBe(PINNED.b);
    expect(heads({ members: ['x', 'y'], head: 'base' })).toBe('base');
    expect(heads({ composition: 'squad', head: 'a' })).toBe(PINNED.a);
    expect(heads({ composition: 'squad' }, { ...sumOf(1, 1), head: { member: PINNED.b } })).toBe(PINNED.b);
    expect(heads({ composition: 'squad' }, { ...sumOf(1, 1), head: 'base' })).toBe('base');
    expect(() => heads({ composition: 'squad' }, { ...sumOf(1, 1), head: 'mean' })).toThrow('where 2 of them have one');
  });

  const whole = [member('a'), member('b')];
  it.each<[string, object, PinnedRecipe, string]>([
    ['a stack', { composition: 'x' }, pinned({ composition: { stack: [PINNED.a] } }, ...whole), 'got a stack'],
    ['a route', { composition: 'x' }, pinned({ composition: { route: [PINNED.a], by: 'arrow' } }, ...whole), 'a route'],
    ['weights that come to nothing', { composition: 'x' }, pinned(sumOf(0), ...whole), 'a weight other than 0'],
    ['chosen labels', { composition: 'x' }, pinned({ ...sumOf(1), labels: ['l'] }, ...whole), 'chooses labels'],
    ['a bottleneck', { members: ['a'] }, pinned(sumOf(1), member('a', { method: 'bottleneck' })), 'got a@'],
    ['LoRA of another format', { members: ['a'] }, pinned(sumOf(1), member('a', { format: 'adapterhub' })), 'of PEFT'],
    [
      'a rank for cat',
      { members: ['a'], rank: 2 },
      pinned(sumOf(1), ...whole),
      'objective.rank: expected none for cat',
    ],
    ['a head of nobody', { members: ['a'], head: 'z' }, pinned(sumOf(1), ...whole), 'objective.head: expected base'],
    ['a head that a member lacks', { members: ['a'], head: 'a' }, pinned(sumOf(1), ...whole), 'which has none'],
    ['no density', { members: ['a'], merge_type: 'ties', density: 0 }, pinned(sumOf(1), ...whole), 'objective.density'],
  ])('is refused for %s', (_what, objective, plan, message) => expect(() => settled(objective, plan)).toThrow(message));
});
