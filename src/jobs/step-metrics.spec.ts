import { expect, it } from 'vitest';
import { stepMetricsCsv } from './step-metrics.js';

it('puts what was told of one step into one line, and leaves empty what was not measured', () => {
  const csv = stepMetricsCsv([
    { data: { total_steps: 2, trained_parameters: 1 } },
    { data: { step: 1, total_steps: 2, train_loss: 0.5, learning_rate: 1e-3 } },
    { data: { step: 2, total_steps: 2, train_loss: null, learning_rate: 5e-4 } },
    { data: { step: 2, valid_loss: 0.25, valid_accuracy: 1, is_best: true } },
    { data: null },
  ]);
  expect(csv).toBe('step,train_loss,valid_loss,learning_rate,valid_accuracy\n1,0.5,,0.001,\n2,,0.25,0.0005,1\n');
});

it('is a header alone for a job without steps', () => expect(stepMetricsCsv([])).toBe('step\n'));
