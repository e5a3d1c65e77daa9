import { describe, expect, it } from 'vitest';
import { deltaDistance, loraDeltas, sumOfDeltas } from '../../../test/support/lora-deltas.js';
import { json, peftAdapter, QUERY, randomTensors } from '../../../test/support/peft-adapter.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { mergeAdapters, mergeInSteps, mergeSummary, type MergeMember, type MergeStep } from './merge.js';
import { readLoraSource } from './lora-source.js';
import { MERGE_KINDS, MERGE_LAWS, type MergeKind } from './table.js';

const VALUE = (layer: number): string => QUERY(layer).replace('query', 'value');
const WIDTH = 12;
/** Distance that rounding to float32 makes. */
const ROUNDING = 1e-6;

interface Made {
  readonly seed: number;
  readonly rank?: number;
  readonly config?: Record<string, unknown>;
  readonly modules?: readonly string[];
  readonly head?: boolean;
}

function made({ seed, rank = 4, config = {}, modules = [QUERY(0), QUERY(1)], head = false }: Made): AdapterFiles {
  const hasBias = config['lora_bias'] === true;
  const shapes = modules.flatMap((path): [string, number[]][] => [
    [`${path}.lora_A.weight`, [rank, WIDTH]],
    [`${path}.lora_B.weight`, [WIDTH, rank]],
    ...(hasBias ? [[`${path}.lora_B.bias`, [WIDTH]] as [string, number[]]] : []),
    ...(config['use_dora'] === true ? [[`${path}.lora_magnitude_vector`, [WIDTH]] as [string, number[]]] : []),
  ]);
  if (head) shapes.push(['base_model.model.classifier.weight', [2, WIDTH]], ['base_model.model.classifier.bias', [2]]);
  const names = [...new Set(modules.map((path) => path.split('.').at(-1)!))];
  return peftAdapter(
    { peft_type: 'LORA', task_type: 'SEQ_CLS', r: rank, lora_alpha: 8, target_modules: names, ...config },
    randomTensors(Object.fromEntries(shapes), seed),
  );
}

const A = made({ seed: 1 });
const B = made({ seed: 2 });
const WIDE = made({ seed: 3, rank: 7, modules: [QUERY(0), VALUE(1)] });
const member = (files: AdapterFiles, weight = 1): MergeMember => ({ files, weight });
const isSparse = (kind: MergeKind): boolean => MERGE_LAWS[kind].sparsify !== undefined;
const all = (kind: MergeKind) => ({ kind, ...(isSparse(kind) && { density: 1 }) });
const apart = (files: AdapterFiles, members: readonly MergeMember[]): number =>
  deltaDistance(loraDeltas(files), sumOfDeltas(members));

describe.each(MERGE_KINDS)('%s', (kind) => {
  const anyRank = !['factors'].includes(MERGE_LAWS[kind].of);

  it('a member alone with weight 1 and nothing made sparse is itself', () => {
    const { files, error } = mergeAdapters([member(A)], all(kind));
    expect(apart(files, [member(A)])).toBeLessThan(ROUNDING);
    expect(error).toBeLessThan(ROUNDING);
  });

  it('and so it is with the scale of rsLoRA, which PEFT keeps in the result', () => {
    const stable = made({ seed: 4, config: { use_rslora: true } });
    expect(apart(mergeAdapters([member(stable)], all(kind)).files, [member(stable)])).toBeLessThan(ROUNDING);
  });

  it('the order of the members does not matter', () => {
    const [one, other] = [
      [member(A, 0.7), member(B, 0.4)],
      [member(B, 0.4), member(A, 0.7)],
    ].map((members) => loraDeltas(mergeAdapters(members, all(kind)).files));
    expect(deltaDistance(one!, other!)).toBeLessThan(ROUNDING);
  });

  it('weight 0 is absence', () => {
    const [one, other] = [[member(A, 0.7)], [member(A, 0.7), member(B, 0)]].map((members) =>
      loraDeltas(mergeAdapters(members, all(kind)).files),
    );
    expect(deltaDistance(one!, other!)).toBeLessThan(ROUNDING);
  });

  it(anyRank ? 'takes members of any ranks' : 'refuses members of several ranks', () => {
    const merge = () => mergeAdapters([member(A), member(WIDE)], all(kind));
    if (anyRank) expect(merge().rank).toBeGreaterThanOrEqual(7);
    else
      expect(merge).toThrow(`${kind} expects members of one rank, got 4 and 7; cat, svd and the _svd kinds take any`);
  });

  it('states its distance from the weighted sum', () => {
    const members = [member(A, 0.7), member(B, -0.4)];
    const { files, error } = mergeAdapters(members, { kind, ...(isSparse(kind) && { density: 0.5 }) });
    expect(Math.abs(apart(files, members) - error)).toBeLessThan(1e-5);
  });
});

describe('the exact kinds', () => {
  it('cat is the weighted sum, for any ranks, modules and signs', () => {
    const members = [member(A, 0.7), member(B, -0.4), member(WIDE, 1.5)];
    const { files, rank, error } = mergeAdapters(members, { kind: 'cat' });
    expect(apart(files, members)).toBeLessThan(ROUNDING);
    expect([rank, error]).toEqual([15, 0]);
  });

  it('svd of all ranks is the weighted sum, and a sum less itself is nothing', () => {
    const members = [member(A, 0.7), member(WIDE, 1.5)];
    expect(apart(mergeAdapters(members, { kind: 'svd', rank: 11 }).files, members)).toBeLessThan(ROUNDING);
    const none = loraDeltas(mergeAdapters([member(A, 0.5), member(A, -0.5)], { kind: 'svd' }).files);
    expect(Math.max(...[...none.values()].flat().map(Math.abs))).toBeLessThan(ROUNDING);
  });

  it('svd to fewer ranks is no farther than any other choice of as many, and says how far', () => {
    const members = [member(A), member(B)];
    const errors = [1, 2, 4, 8].map((rank) => mergeAdapters(members, { kind: 'svd', rank }).error);
    expect([...errors].sort((x, y) => y - x)).toEqual(errors);
    expect(errors[3]).toBeLessThan(ROUNDING);
    const kept = apart(A, members); // A itself has 4 ranks too
    expect(errors[2]).toBeLessThan(kept);
  });

  it('the _svd kinds with nothing made sparse, where a sum is joined, are svd', () => {
    const members = [member(A, 0.7), member(WIDE, -0.2)];
    const svd = loraDeltas(mergeAdapters(members, { kind: 'svd', rank: 5 }).files);
    for (const kind of ['magnitude_prune_svd', 'dare_linear_svd'] as const)
      expect(deltaDistance(loraDeltas(mergeAdapters(members, { kind, density: 1, rank: 5 }).files), svd)).toBeLessThan(
        ROUNDING,
      );
  });
});

describe('what PEFT 0.21 gets wrong', () => {
  it('linear has cross terms there and here: it is no weighted sum, and says so', () => {
    const { error } = mergeAdapters([member(A), member(B)], { kind: 'linear' });
    expect(error).toBeGreaterThan(0.5);
  });

  it('a bias of B is lost there; here it is weighted and scaled as the factors', () => {
    const [one, two] = [made({ seed: 5, config: { lora_bias: true } }), made({ seed: 6, config: { lora_bias: true } })];
    const merged = readLoraSource(mergeAdapters([member(one, 0.5), member(two, -2)], { kind: 'cat' }).files, 'x');
    const [x, y] = [readLoraSource(one, 'x'), readLoraSource(two, 'y')].map(({ modules }) => [...modules.values()][0]!);
    const got = [...merged.modules.values()][0]!;
    got.bias!.forEach((value, at) =>
      expect(value * got.scale).toBeCloseTo(0.5 * x!.scale * x!.bias![at]! - 2 * y!.scale * y!.bias![at]!, 5),
    );
    expect(() => mergeAdapters([member(one)], { kind: 'ties' })).toThrow('ties expects no lora_bias');
  });

  it('DoRA is merged there as if it were LoRA; here it is refused', () => {
    const dora = made({ seed: 7, config: { use_dora: true } });
    expect(() => mergeAdapters([member(dora)], { kind: 'cat' })).toThrow('expected no DoRA');
  });

  it('a member that is taken away votes for its own sign there; here for the other', () => {
    const shrunk = mergeAdapters([member(A, 1), member(A, -0.5)], { kind: 'ties', density: 1 });
    // 1·A votes for the sign of A and −0.5·A against it: the votes are even, so + wins, and nothing of A is doubled.
    const [first] = [...readLoraSource(shrunk.files, 'x').modules.values()];
    const [own] = [...readLoraSource(A, 'x').modules.values()];
    first!.a.forEach((value, at) => {
      const scaled = Math.SQRT2 * own!.a[at]!;
      expect(value).toBeCloseTo(scaled >= 0 ? scaled : scaled * -Math.SQRT1_2, 5);
    });
  });

  it('a density of 0 divides by zero there; here it is refused', () => {
    expect(() => mergeAdapters([member(A)], { kind: 'dare_linear', density: 0 })).toThrow('over 0 and up to 1, got 0');
  });

  it('heads cannot be merged there; here one is kept, chosen where there are several', () => {
    const [one, two] = [made({ seed: 8, head: true }), made({ seed: 9, head: true })];
    const labelled = new Map([...two, ['card.json', json({ labels: ['x', 'y'] })]]);
    expect(() => mergeAdapters([member(one), member(two)], { kind: 'cat' })).toThrow('2 of them have one, got nothing');
    const kept = mergeAdapters([member(one), member(labelled)], { kind: 'cat', head: 1 }).files;
    expect(readLoraSource(kept, 'x').saved).toEqual(readLoraSource(two, 'x').saved);
    expect(kept.has('card.json')).toBe(true);
    expect(readLoraSource(mergeAdapters([member(one), member(A)], { kind: 'cat' }).files, 'x').saved.size).toBe(2);
    const bare = readLoraSource(mergeAdapters([member(one)], { kind: 'cat', head: 'none' }).files, 'x');
    expect([bare.saved.size, bare.config.get('task_type')]).toEqual([0, null]); // the name of the task promises a head
    expect(readLoraSource(kept, 'x').config.get('task_type')).toBe('SEQ_CLS');
  });
});

describe('DARE', () => {
  it('is the same for a seed, and another for another', () => {
    const of = (seed: number) =>
      loraDeltas(mergeAdapters([member(A), member(B)], { kind: 'dare_linear_svd', density: 0.5, seed }).files);
    expect(deltaDistance(of(1), of(1))).toBe(0);
    expect(deltaDistance(of(1), of(2))).toBeGreaterThan(0.1);
  });

  it('keeps the mean: many seeds average to the sum', () => {
    const members = [member(A)];
    const draws = Array.from({ length: 60 }, (_, seed) => ({
      ...mergeAdapters(members, { kind: 'dare_linear_svd', density: 0.5, seed, rank: 12 }),
      weight: 1 / 60,
    }));
    expect(deltaDistance(sumOfDeltas(draws), sumOfDeltas(members))).toBeLessThan(0.2);
  });
});

it.each<[string, MergeMember[], object, string]>([
  ['no members', [], { kind: 'cat' }, 'expected 1 to 64 members, got 0'],
  ['a weight that is not finite', [member(A, NaN)], { kind: 'cat' }, 'members[0].weight: expected a finite number'],
  ['weights of 0 alone', [member(A, 0)], { kind: 'cat' }, 'expected a weight other than 0'],
  ['a rank of 0', [member(A)], { kind: 'svd', rank: 0 }, 'merge.rank: expected an integer from 1'],
  ['a rank for cat', [member(A)], { kind: 'cat', rank: 4 }, 'merge.rank: expected none for cat'],
  ['a density for linear', [member(A)], { kind: 'linear', density: 0.5 }, 'merge.density: expected none for linear'],
  [
    'another method',
    [member(peftAdapter({ peft_type: 'IA3' }, {}))],
    { kind: 'cat' },
    'expected a LoRA adapter of PEFT',
  ],
  [
    'members for two kinds of model',
    [member(A), member(made({ seed: 1, modules: [QUERY(0).replace('.bert', '')] }))],
    { kind: 'cat' },
    'expected members for one kind of model',
  ],
  ['trained biases', [member(made({ seed: 1, config: { bias: 'all' } }))], { kind: 'cat' }, 'expected bias none'],
])('refuses %s', (_, members, options, message) => {
  expect(() => mergeAdapters(members, options as { kind: MergeKind })).toThrow(message);
});

it('tells of each module as it is done, and ends with what it is at once', () => {
  const members = [member(A), member(WIDE, -0.5)];
  const options = { kind: 'svd', rank: 3 } as const;
  const steps = mergeInSteps(members, options);
  const told: MergeStep[] = [];
  let next = steps.next();
  for (; !next.done; next = steps.next()) told.push(next.value);
  expect(next.value).toEqual(mergeAdapters(members, options));
  expect(told.map(({ step, totalSteps }) => `${step}/${totalSteps}`)).toEqual(['1/3', '2/3', '3/3']);
  expect(Math.max(...told.map(({ error }) => error))).toBeGreaterThanOrEqual(next.value.error);
  expect(mergeSummary(options, 2, { ...next.value, error: 0.04213 })).toBe(
    'svd of 2, rank 3, 4.21 % from the weighted sum',
  );
});
