import { describe, expect, it } from 'vitest';
import { trainingSpec, type TrainingSpecInput } from './hyperparameters.js';
import { aloneBecause, togetherKey } from './together-key.js';

function specOf(more: Partial<TrainingSpecInput> = {}) {
  return trainingSpec.parse({
    base: 'base',
    task: 'sequence_classification',
    method: { name: 'lora' },
    data: { train: 'rows.jsonl' },
    ...more,
  });
}
const labels = ['wet', 'dry'].map((label) => ({ label, words: [label] }));
const key = togetherKey(specOf());

describe('togetherKey', () => {
  it.each<Partial<TrainingSpecInput>>([
    { seed: 3, epochs: 9, learningRate: 1, batchSize: 4, maxTokens: 32, schedule: { name: 'constant' } },
    { labels: ['a', 'b', 'c'], data: { train: 'other.jsonl', validation: 'held.jsonl' } },
    { method: { name: 'lora', rank: 3, alpha: 1 } },
  ])('is the same with %j', (more) => {
    expect(key).toBeDefined();
    expect(togetherKey(specOf(more))).toBe(key);
  });

  it.each<Partial<TrainingSpecInput>>([
    ...[{ base: 'other' }, { task: 'token_classification' as const }, { problem: 'multi' as const }],
    ...[{ method: { name: 'lora' as const, rank: 9 } }, { objective: { name: 'cross_entropy' as const } }],
    ...[{ optimizer: { name: 'sgd' as const } }, { dropout: { head: 0.1 } }, { layerDecay: 0.9 }, { threads: 2 }],
    ...[{ gradientCheckpointing: true }, { maskedShare: 0.3 }],
  ])('is another with %j', (more) => {
    expect(togetherKey(specOf(more))).toBeDefined();
    expect(togetherKey(specOf(more))).not.toBe(key);
  });

  it.each(['lora', 'dora', 'ia3', 'bottleneck', 'prefix', 'prompt', 'p_tuning', 'bitfit'] as const)(
    'is there for %s, which changes no base',
    (name) => expect(togetherKey(specOf({ method: { name } }))).toBeDefined(),
  );

  it.each<[string, Partial<TrainingSpecInput>]>([
    ...(['full', 'partial', 'progressive', 'hybrid'] as const).map((name): [string, Partial<TrainingSpecInput>] => [
      'its result is a base',
      { method: { name } },
    ]),
    ['it goes on from files', { initial: 'files' }],
    ['it has a teacher', { teacher: 'base', objective: { name: 'distillation' } }],
    ['its method may change', { adapt: {} }],
    ['through a prompt', { objective: { name: 'prompt', template: '{text} [MASK]', labels } }],
    ['several tasks', { objective: { name: 'multi_task', tasks: { a: 1, b: 1 } } }],
    ['its pairs', { task: 'embedding' }],
    ['its label counts', { labelWeights: 'balanced' }],
    ['its label counts', { objective: { name: 'cross_entropy', logitAdjustment: 1 } }],
  ])('is none for a run where %s', (reason, more) => {
    expect(aloneBecause(specOf(more))).toContain(reason);
    expect(togetherKey(specOf(more))).toBeUndefined();
  });
});
