import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { TrainingMetrics } from './training-metrics.js';

it('shows the latest step of each adapter within its label budget, and nothing of a run that is over', async () => {
  const registry = new Registry();
  const metrics = new TrainingMetrics(registry, { labelBudget: 1 });
  metrics.step('t/a', { loss: 0.5, tokensPerSecond: 10, seconds: 0.2 });
  metrics.step('t/b', { loss: 0.7, tokensPerSecond: 20, seconds: undefined });
  const text = await registry.metrics();
  expect(text).toContain('tessera_training_loss{adapter="t/a"} 0.5');
  expect(text).toContain('tessera_training_loss{adapter="other"} 0.7');
  expect(text).toContain('tessera_training_step_seconds_count 1');
  expect(text).toContain('tessera_training_steps_total 2');
  metrics.forget('t/a');
  expect(await registry.metrics()).not.toContain('t/a');
});
