import { describe, expect, it } from 'vitest';
import type { DataCard } from '../training/datasets/data-card.js';
import type { JobRequest } from './job-request.js';
import { togetherKeyOf } from './together.js';

const card = (labels: readonly string[], rows = 100) =>
  ({
    task: 'sequence_classification',
    problem: 'single',
    splits: { train: { rows }, validation: { rows: 10 }, test: { rows: 10 } },
    labels: labels.map((label) => ({ label, train: rows / labels.length, effectiveWeight: 1 })),
    imbalance: 1,
    lengths: { characters: { mean: 40 }, tokens: { mean: 10 } },
  }) as unknown as DataCard;

function keyOf(request: Partial<JobRequest>, labels = ['a', 'b'], parentModel: string | null = null) {
  const asked: JobRequest = {
    ...{
      model: 'base',
      task: 'sequence_classification',
      hyperparameters: { batch_size: 8 },
      dataset: {},
      seed: 1,
      suffix: null,
    },
    adapter: { method: 'lora' },
    ...request,
  };
  return togetherKeyOf({ request: asked, parentModel }, card(labels));
}

describe('togetherKeyOf', () => {
  const lora = keyOf({});

  it('is a digest, equal where jobs differ in what each has of its own', () => {
    expect(lora).toMatch(/^[0-9a-f]{64}$/);
    expect(keyOf({}, ['x', 'y', 'z'])).toBe(lora);
    expect(keyOf({ seed: 2, hyperparameters: { learning_rate: 1e-3, n_epochs: 7, batch_size: 4 } })).toBe(lora);
    expect(keyOf({ adapter: { method: 'lora', rank: 4, alpha: 2 } })).toBe(lora);
  });

  it('counts the part of a step that is computed at once', () => {
    expect(keyOf({ hyperparameters: { batch_size: 64, accumulation: 8 } })).toBe(lora);
  });

  it.each<[string, Partial<JobRequest>]>([
    ['method', { adapter: { method: 'dora' } }],
    ['sites', { adapter: { method: 'lora', targets: ['query'] } }],
    ['rank bucket', { adapter: { method: 'lora', rank: 16 } }],
    ['task', { task: 'token_classification' }],
    ['problem', { problem: 'multi' }],
    ['objective', { objective: { name: 'cross_entropy', label_smoothing: 0.1 } }],
    ['optimiser', { hyperparameters: { batch_size: 8, optimizer: { name: 'sgd' } } }],
    ['dropout', { hyperparameters: { batch_size: 8, dropout: { head: 0.1 } } }],
  ])('differs by %s', (_what, request) => {
    expect(keyOf(request)).not.toBeNull();
    expect(keyOf(request)).not.toBe(lora);
  });

  it.each<[string, Partial<JobRequest>, string | null]>([
    ['a base of its own', { adapter: { method: 'full' } }, null],
    ['what goes on from a version', {}, `mine@sha256:${'0'.repeat(64)}`],
    ['large steps', { hyperparameters: { batch_size: 16 } }, null],
    ['an objective that hangs on the data', { task: 'embedding' }, null],
  ])('is none for %s', (_what, request, parent) => {
    expect(keyOf(request, ['a', 'b'], parent)).toBeNull();
  });
});
