import { describe, expect, it } from 'vitest';
import { trainingSpec } from '../hyperparameters.js';
import { advise } from './advise.js';
import type { Facts } from './facts.js';

const facts = (changes: Partial<Facts> = {}): Facts => ({
  task: 'sequence_classification',
  problem: 'single',
  rows: 1_500,
  hasValidation: true,
  labels: labels(15),
  imbalance: 1,
  rowTokens: 12,
  ...changes,
});

function labels(count: number): Facts['labels'] {
  return Array.from({ length: count }, (_, at) => ({ label: `l${at}`, rows: 100 }));
}

describe('advise', () => {
  it.each<[string, Partial<Facts>, number, number]>([
    ['few rows: low rank, many passes', { rows: 60 }, 4, 20],
    ['usual data: rank 8, about six hundred steps', {}, 8, 7],
    ['two labels: fewer steps', { labels: labels(2) }, 8, 5],
    ['many labels: rank 16, twice the steps', { labels: labels(77) }, 16, 13],
    ['tokens: DoRA, twice the steps', { task: 'token_classification' }, 8, 13],
    ['masked words: rank 16', { task: 'masked_lm', labels: [] }, 16, 7],
    ['much data: rank 32, few passes', { rows: 50_000 }, 32, 3],
  ])('%s', (_what, changes, rank, epochs) => {
    const plan = advise(facts(changes));
    const name = changes.task === 'token_classification' ? 'dora' : 'lora';
    expect(plan.method).toMatchObject({ name, rank, alpha: 2 * rank });
    expect(plan.epochs).toBe(epochs);
    expect(plan.reasons.length).toBeGreaterThan(3);
  });

  it('weighs labels of a long tail', () => {
    const long = [
      { label: 'a', rows: 900 },
      { label: 'b', rows: 9 },
    ];
    const plan = advise(facts({ labels: long, imbalance: 100 }));
    expect(plan.labelWeights).toBe('effective');
    expect(advise(facts({ labels: long, imbalance: 9 })).labelWeights).toBeUndefined();
  });

  it('keeps to a budget and says so', () => {
    const plan = advise(facts({ budgetSeconds: 20 }), { tokensPerSecond: 2_000 });
    expect(plan.epochs).toBe(2);
    expect(plan.reasons.join()).toMatch(/2 passes only: the budget is 20 s/);
    expect(advise(facts({ budgetSeconds: 1 }), { tokensPerSecond: 1_000 }).epochs).toBeCloseTo(1 / 18);
  });

  it('says nothing of what was asked for', () => {
    const plan = advise(facts({ rows: 60, budgetSeconds: 1 }), { asked: { epochs: 40, batchSize: 4 } });
    expect(plan).toMatchObject({ epochs: 40, batchSize: 4, method: { rank: 4 } });
    expect(plan.reasons.join()).not.toMatch(/passes|batches of/);
  });

  it('stops early only where there is something to evaluate on', () => {
    expect(advise(facts()).earlyStopping).toEqual({ metric: 'loss', patience: 3 });
    expect(advise(facts({ hasValidation: false })).earlyStopping).toBeUndefined();
    const { earlyStopping, epochs } = advise(facts({ task: 'token_classification' }));
    expect(earlyStopping).toEqual({ metric: 'entity_f1', patience: epochs });
  });

  it('gives the rate of a method that was asked for, and what it gives is a run', () => {
    expect(advise(facts(), { method: { name: 'prompt' } }).learningRate).toBeGreaterThan(advise(facts()).learningRate);
    const { reasons: _reasons, ...plan } = advise(facts(), { asked: { batchSize: 4 } });
    const spec = trainingSpec.parse({ ...plan, base: 'b', task: 'sequence_classification', data: { train: 't' } });
    expect(spec.batchSize).toBe(4);
  });
});
