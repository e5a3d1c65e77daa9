import { z } from 'zod';
import { isStorable } from '../../common/json.js';
import { EVALUATED_TASKS, HELD_OUT_PARTS } from '../../jobs/evaluations/evaluation-request.js';
import { EVALUATION_STATUSES } from '../../jobs/evaluations/evaluation.entity.js';
import { Metadata } from './fine-tuning.js';

const FIELDS = ['text', 'pair', 'label', 'labels', 'value', 'entities', 'weight', 'group'] as const;
const MAX_SEED = 2 ** 31 - 1;

export const CreateEvaluationRequest = z
  .strictObject({
    model: z.string().min(1).max(400).describe('Any model string: `base`, `name`, `name@alias`, `name@sha256:…`'),
    dataset: z.string().min(1).max(100).describe('Id of a file, or of a job whose held-out rows are meant'),
    split: z.enum(HELD_OUT_PARTS).optional().describe('With a job: `test` (the default) or `validation`'),
    task: z.enum(EVALUATED_TASKS).optional().describe('Default: the one that the model has a head for'),
    file: z
      .strictObject({
        format: z.enum(['jsonl', 'csv']).optional(),
        columns: z.partialRecord(z.enum(FIELDS), z.string().min(1).max(200)).optional(),
        delimiter: z.string().length(1).optional(),
        header: z.array(z.string().max(200)).min(1).max(1000).optional(),
      })
      .default({})
      .describe('How a file is read'),
    seed: z.int().min(0).max(MAX_SEED).default(0).describe('Of masked tokens and of the resamples'),
    bootstrap_samples: z.int().min(0).max(10_000).default(1000).describe('Resamples of each interval; 0: none'),
    masked_share: z.number().gt(0).lt(1).default(0.15).describe('Share of tokens to guess, for masked_lm'),
    metadata: Metadata.nullish(),
  })
  .refine(isStorable, 'expected texts without NUL and halves of surrogate pairs')
  .meta({ id: 'CreateEvaluationRequest' });

const summary = {
  id: z.string(),
  object: z.literal('evaluation'),
  created_at: z.int(),
  started_at: z.int().nullable(),
  finished_at: z.int().nullable(),
  status: z.enum(EVALUATION_STATUSES),
  model: z.string(),
  version: z.string().describe('Digests of what answers, with commas between'),
  dataset: z.string(),
  split: z.enum(HELD_OUT_PARTS).nullable(),
  task: z.enum(EVALUATED_TASKS),
  seed: z.int(),
  progress: z.object({ rows: z.int() }).nullable(),
  metrics: z.record(z.string(), z.number()).nullable().describe('The figures of all rows together'),
  error: z.object({ code: z.string(), message: z.string(), param: z.string().nullable() }).nullable(),
  metadata: z.record(z.string(), z.string()),
};

export const EvaluationSummary = z.object(summary).meta({ id: 'EvaluationSummary' });

export const EvaluationResponse = z
  .object({
    ...summary,
    report: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('By label and by slice, confusion matrix, calibration, intervals, and the faults of the data'),
  })
  .meta({ id: 'EvaluationResponse' });
