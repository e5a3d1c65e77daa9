import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { TrainingMetrics, type StepReading } from './training-metrics.js';

const reading = (changes: Partial<StepReading> = {}): StepReading => ({
  ...{ step: 3, totalSteps: 12, loss: 0.5, learningRate: 0.01, tokensPerSecond: 10, secondsLeft: 60, seconds: 0.2 },
  ...changes,
});

it('shows where each run stands within its label budget, and nothing of a run that is over', async () => {
  const registry = new Registry();
  const metrics = new TrainingMetrics(registry, { labelBudget: 1 });
  metrics.step('t/a', reading());
  metrics.step('t/b', reading({ loss: 0.7, seconds: undefined }));
  metrics.step('t/c', reading({ loss: 0.8, seconds: undefined }));
  const text = await registry.metrics();
  for (const [name, value] of [
    ['step', 3],
    ['planned_steps', 12],
    ['loss', 0.5],
    ['learning_rate', 0.01],
    ['tokens_per_second', 10],
    ['seconds_left', 60],
  ])
    expect(text).toContain(`tessera_training_${name}{adapter="t/a"} ${value}\n`);
  expect(text).toContain('tessera_training_loss{adapter="other"} 0.8');
  expect(text).toContain('tessera_training_step_seconds_count 1');
  expect(text).toContain('tessera_training_steps_total 3');
  metrics.forget('t/a');
  expect(await registry.metrics()).not.toContain('t/a');
  metrics.forget('t/b');
  expect(await registry.metrics()).toContain('adapter="other"');
  metrics.forget('t/c');
  expect(await registry.metrics()).not.toContain('adapter=');
});
