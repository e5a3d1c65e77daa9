import { describe, expect, it } from 'vitest';
import type { ModelRef } from '../../registry/adapter-version.js';
import type { TenantFile } from '../../registry/file.entity.js';
import { recipeOf } from '../dataset-plan.js';
import type { JobRequest } from '../job-request.js';
import { checkFit, expectFiles, fitOf, needsLabels } from './fit-request.js';

const version = (kind?: 'base' | 'composition' | 'router', task = 'sequence_classification'): ModelRef =>
  ({ kind: 'adapter', version: { summary: { kind, task } }, alias: undefined }) as unknown as ModelRef;
const request = (objective?: object, more: object = {}): JobRequest =>
  ({
    ...{ model: 'mine', task: 'sequence_classification', adapter: { method: 'auto' }, hyperparameters: {} },
    ...{ dataset: {}, seed: 0, suffix: null, objective, ...more },
  }) as JobRequest;
const check = (objective: { name: string } & Record<string, unknown>, parent: ModelRef, more: object = {}) => {
  const asked = request(objective, more);
  checkFit(asked, fitOf(asked)!, parent);
};

describe('what a job fits', () => {
  it('is nothing for one that trains, and its options else', () => {
    expect(fitOf(request())).toBeUndefined();
    expect(fitOf(request({ name: 'multi_task', tasks: {} }))).toBeUndefined();
    expect(fitOf(request({ name: 'phatgoose', learning_rate: 0.01 }))).toEqual({
      name: 'phatgoose',
      learningRate: 0.01,
    });
    expect(fitOf(request({ name: 'centroid' }))).toEqual({ name: 'centroid', abstained: 0.05 });
  });

  it.each([
    [{ name: 'phatgoose', rank: 8 }, 'rank'],
    [{ name: 'lorahub' }, 'members'],
    [{ name: 'lorahub', members: Array<string>(65).fill('a') }, 'members'],
    [{ name: 'soup', members: ['a'], steps: 0.5 }, 'steps'],
    [{ name: 'soup', members: ['a'], learning_rate: -1 }, 'objective.learning_rate'],
    [{ name: 'floor', abstained: -1, composition: 'a' }, 'abstained'],
    [{ name: 'adapter_fusion' }, 'members'],
    [{ name: 'adapter_fusion', members: ['a', 'b'], top_k: 2 }, 'top_k'],
    [{ name: 'adapter_fusion', members: ['a', 'b'], regularisation: -1 }, 'objective.regularisation'],
    [{ name: 'merge', members: ['a'], merge_type: 'mean' }, 'objective.merge_type'],
    [{ name: 'merge', members: ['a'], merge_kind: 'cat' }, 'got "merge_kind"'],
    [{ name: 'merge', members: ['a'], weights: [Infinity] }, 'objective.weights[0]'],
  ])('is refused for %o', (objective, message) => {
    expect(() => fitOf(request(objective))).toThrow(message);
  });

  it('says of which model, and nothing of methods and hyper-parameters', () => {
    const lorahub = { name: 'lorahub', members: ['a'] };
    expect(() => check({ name: 'phatgoose' }, version())).not.toThrow();
    expect(() => check(lorahub, { kind: 'base' })).not.toThrow();
    expect(() => check(lorahub, version())).toThrow('model: expected base');
    expect(() => check({ name: 'centroid' }, { kind: 'base' })).toThrow('model: expected an adapter of yours');
    for (const kind of ['base', 'composition', 'router'] as const)
      expect(() => check({ name: 'phatgoose' }, version(kind))).toThrow('mine, which is none');
    expect(() => check({ name: 'phatgoose' }, version(undefined, 'embedding'))).toThrow('task: expected embedding');
    expect(() => check(lorahub, { kind: 'base' }, { adapter: { method: 'auto', rank: 8 } })).toThrow(
      'adapter: expected',
    );
    expect(() => check(lorahub, { kind: 'base' }, { hyperparameters: { seed: 1 } })).toThrow('got seed');
  });

  it('reads rows, and so a file, but for a merge', () => {
    const merge = request({ name: 'merge', members: ['a'] });
    const [none, file] = [{ training_file: null, validation_file: null }, 'file-1'];
    expect(() => expectFiles(merge, none)).not.toThrow();
    expect(() => expectFiles(request(), { ...none, training_file: file })).not.toThrow();
    expect(() => expectFiles(request(), none)).toThrow('training_file: expected the id of a file');
    expect(() => expectFiles(merge, { ...none, training_file: file })).toThrow('training_file: expected none');
    expect(() => expectFiles(merge, { ...none, validation_file: file })).toThrow('validation_file: expected none');
    for (const more of [{ dataset: { seed: 1 } }, { labels: ['a'] }, { problem: 'single' }])
      expect(() => check({ name: 'merge', members: ['a'] }, { kind: 'base' }, more)).toThrow(Object.keys(more)[0]);
  });

  it('reads labels but for texts alone', () => {
    expect(needsLabels(request())).toBe(true);
    expect(needsLabels(request({ name: 'lorahub', members: ['a'] }))).toBe(true);
    for (const name of ['distillation', 'centroid', 'floor']) expect(needsLabels(request({ name }))).toBe(false);
  });
});

it('data that were read without labels are not those of a job that reads them', () => {
  const file = { sha256: 'a', filename: 'a.jsonl' } as unknown as TenantFile;
  const recipe = (objective?: object) => recipeOf(request(objective), { training: file, validation: undefined }, []);
  expect(recipe({ name: 'centroid' })).not.toBe(recipe());
  expect(recipe({ name: 'floor', composition: 'a' })).toBe(recipe({ name: 'centroid' }));
  expect(recipe({ name: 'lorahub', members: ['a'] })).toBe(recipe());
});
