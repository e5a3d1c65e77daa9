import { describe, expect, it } from 'vitest';
import type { Facts } from '../training/advisor/facts.js';
import { DEFAULT_RATES } from '../training/methods/default-rates.js';
import type { JobRequest } from './job-request.js';
import { checkPlan, planTraining } from './training-plan.js';

const request = (changes: Partial<JobRequest> = {}): JobRequest => ({
  ...{ model: 'base', task: 'sequence_classification', adapter: { method: 'auto' }, hyperparameters: {} },
  ...{ dataset: {}, seed: 7, suffix: null },
  ...changes,
});
const facts: Facts = {
  ...{ task: 'sequence_classification', problem: 'single', rows: 100, hasValidation: true },
  ...{ labels: [], imbalance: 1, rowTokens: 12 },
};
const place = { base: '/base', train: '/train.jsonl', facts, threads: 2 };

describe('planTraining', () => {
  it('fills in what is auto: a small data set is repeated, a large one is not', () => {
    const small = planTraining(request({ hyperparameters: { n_epochs: 'auto', batch_size: 'auto' } }), place);
    expect(small).toMatchObject({ seed: 7, threads: 2, epochs: 20, batchSize: 8, learningRate: DEFAULT_RATES.lora });
    expect(small.method).toMatchObject({ name: 'lora', rank: 4 });
    expect(small.earlyStopping).toEqual({ metric: 'loss', patience: 3, minDelta: 0 });
    expect(planTraining(request(), { ...place, facts: { ...facts, rows: 100_000 } }).epochs).toBe(3);
  });

  it('reads names in snake case, groups included, and a multiplier of the method’s own rate', () => {
    const spec = planTraining(
      request({
        adapter: { method: 'dora', rank: 4, rank_pattern: { ffn_up: 2 } },
        objective: { name: 'cross_entropy' },
        hyperparameters: {
          ...{ n_epochs: 2, learning_rate_multiplier: 0.5, clip_norm: 1, max_tokens: 32 },
          early_stopping: { metric: 'accuracy', min_delta: 0.1 },
          optimizer: { name: 'adamw', weight_decay: 0 },
        },
      }),
      { ...place, validation: '/validation.jsonl', initial: '/parent', labels: ['a', 'b'] },
    );
    expect(spec).toMatchObject({
      epochs: 2,
      learningRate: DEFAULT_RATES.dora / 2,
      clipNorm: 1,
      maxTokens: 32,
      labels: ['a', 'b'],
    });
    expect(spec).toMatchObject({ earlyStopping: { minDelta: 0.1 }, optimizer: { weightDecay: 0 }, initial: '/parent' });
    expect(spec.method).toMatchObject({ name: 'dora', rank: 4, rankPattern: { ffn_up: 2 } });
  });

  it('lets a run adapt when its method is left to the advisor and it starts anew, and then alone', () => {
    const many = { ...place, facts: { ...facts, rows: 1_000 } };
    expect(planTraining(request(), many).adapt).toMatchObject({ maxRank: 32 });
    expect(planTraining(request(), { ...many, initial: '/parent' }).adapt).toBeUndefined();
    expect(planTraining(request(), place).adapt).toBeUndefined(); // few rows
    expect(planTraining(request({ adapter: { method: 'lora' } }), many).adapt).toBeUndefined();
  });

  it('weighs the labels of a long tail, unless the request has an objective or weights of its own', () => {
    const labels = ['a', 'b'].map((label, at) => ({ label, rows: 500 - 490 * at }));
    const tail = { ...place, facts: { ...facts, labels, imbalance: 50 } };
    const weights = (changes: Partial<JobRequest>): string => planTraining(request(changes), tail).labelWeights;
    expect(weights({})).toBe('effective');
    expect(weights({ hyperparameters: { label_weights: 'balanced' } })).toBe('balanced');
    expect(weights({ objective: { name: 'cross_entropy' } })).toBe('none');
    expect(weights({ adapter: { method: 'lora' } })).toBe('none');
  });

  it('keeps to a budget, and takes no options of a method that nobody named', () => {
    const many = { ...place, facts: { ...facts, rows: 10_000 } };
    expect(planTraining(request({ adapter: { method: 'auto', budget_seconds: 30 } }), many).epochs).toBeLessThan(1);
    expect(() => planTraining(request({ adapter: { method: 'auto', rank: 4 } }), many)).toThrow(/adapter: .*rank/);
    expect(() => planTraining(request({ adapter: { method: 'auto', budget_seconds: 0 } }), many)).toThrow(
      /adapter\.budget_seconds/,
    );
  });

  it.each<[Partial<JobRequest>, string, RegExp]>([
    [{ adapter: { method: 'magic' } }, 'adapter', /^adapter\.method/],
    [{ adapter: { method: 'lora', rank: 0 } }, 'adapter', /^adapter\.rank/],
    [{ objective: { name: 'luck' } }, 'objective', /^objective/],
    [{ hyperparameters: { n_epochs: -1 } }, 'hyperparameters', /^hyperparameters\.n_epochs/],
    [{ hyperparameters: { early_stopping: { patience: 0 } } }, 'hyperparameters', /^hyperparameters\.early_stopping/],
    [{ hyperparameters: { threads: 64 } }, 'hyperparameters', /no key threads/],
    [{ hyperparameters: { adapt: { max_rank: 64 } } }, 'hyperparameters', /no key adapt/],
    [{ hyperparameters: { base: '/etc' } }, 'hyperparameters', /no key base/],
  ])('refuses %j by the name of the request', (changes, param, message) => {
    expect(() => checkPlan(request(changes))).toThrow(message);
    expect(() => checkPlan(request(changes))).toThrow(expect.objectContaining({ param, status: 400 }) as Error);
  });
});
