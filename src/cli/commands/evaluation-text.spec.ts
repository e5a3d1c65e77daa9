import { expect, it } from 'vitest';
import { renderEvaluation, type EvaluationView } from './evaluation-text.js';

const evaluation: EvaluationView = {
  ...{
    id: 'eval-1',
    status: 'succeeded',
    finished_at: 1,
    model: 'bank',
    version: 'sha256:0',
    task: 'sequence_classification',
  },
  progress: { rows: 3 },
  metrics: { rows: 3, accuracy: 2 / 3 },
  error: null,
  report: {
    rows: { read: 4, faulty: 1, answered: 3 },
    intervals: { accuracy: { lower: 0.25, upper: 1 } },
    per_label: [
      { label: 'strong', precision: 1, recall: 1, f1: 1, auc: null, support: 2 },
      { label: 'weak', precision: 0, recall: 0, f1: 0, auc: null, support: 1 },
    ],
    per_slice: { b: { rows: 2, accuracy: 0.5, macro: {} }, a: { rows: 1, accuracy: 1, macro: {} } },
  },
};

it('shows all figures with their intervals, labels from the weakest on, and slices', () => {
  expect(renderEvaluation(evaluation).split('\n')).toEqual([
    'bank (sha256:0), sequence_classification, eval-1',
    '3 rows answered, 1 of 4 with an error',
    '',
    '  accuracy  0.6667  0.2500 to 1.0000',
    '  rows           3',
    '',
    '  label   precision  recall      f1  support',
    '  weak       0.0000  0.0000  0.0000        1',
    '  strong     1.0000  1.0000  1.0000        2',
    '',
    '  slice  rows  accuracy',
    '  a         1    1.0000',
    '  b         2    0.5000',
    '',
  ]);
});
