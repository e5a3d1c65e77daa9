import { z } from 'zod';
import { ADAPTER_TASKS } from '../../adapters/adapter-base.js';
import { isStorable } from '../../common/json.js';
import { JOB_STATUSES } from '../../jobs/job-status.js';

const MAX_METADATA = 16;
const MAX_SEED = 2 ** 31 - 1;

export const Metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, `expected at most ${MAX_METADATA} pairs`)
  .describe('At most 16 pairs; keys of at most 64, values of at most 512 characters');

const auto = <T extends z.ZodType>(value: T) => z.union([z.literal('auto'), value]).optional();

/** OpenAI's three, and any other of a run; `auto` or absent: chosen by the service. */
const hyperparameters = z
  .looseObject({
    n_epochs: auto(z.number().positive().max(10_000)),
    batch_size: auto(z.int().min(1).max(4096)),
    learning_rate_multiplier: auto(z.number().positive()),
    learning_rate: auto(z.number().positive()),
  })
  .describe(
    'Also max_tokens, accumulation, optimizer, schedule, clip_norm, dropout, early_stopping, evaluate_every, …',
  );

const fileId = z.string().min(1).max(100);
const options = z.looseObject({});

export const CreateJobRequest = z
  .strictObject({
    model: z.string().min(1).max(400).describe('`base`, or an adapter to go on from'),
    training_file: fileId
      .nullish()
      .describe('With every objective but `merge`, which reads no rows, and where each task names its own'),
    validation_file: fileId.nullish(),
    task: z.enum(ADAPTER_TASKS).default('sequence_classification'),
    problem: z.enum(['single', 'multi', 'regression']).optional(),
    labels: z.array(z.string().min(1).max(200)).min(1).max(10_000).optional().describe('Default: those of the data'),
    adapter: options
      .extend({ method: z.string().min(1).max(50).default('auto') })
      .default({ method: 'auto' })
      .describe('The method and its options, e.g. `{"method": "lora", "rank": 8}`; `auto`: chosen by the service'),
    objective: options
      .extend({ name: z.string().min(1).max(50).optional(), type: z.string().min(1).max(50).optional() })
      .optional()
      .describe(
        'Default: the usual one of the task, or the prompt of the version to go on from. `{"name": "prompt", "template": ' +
          '"{text} It was [MASK].", "labels": [{"label": "good", "words": ["good"]}, …], "calibration": ["N/A"]}` trains ' +
          'through the masked-LM head. `type` is the same as `name`. `phatgoose` and `centroid` fit what routes know of the ' +
          'adapter that `model` names, `lorahub` and `soup` weigh `members`, `floor` calibrates the route of a `composition`, ' +
          '`adapter_fusion` learns attention over the outputs of bottleneck `members`. ' +
          '`{"name": "merge", "members": ["a", "b"], "weights": [1, 0.5], "merge_type": "svd", "rank": 8}` makes one LoRA ' +
          'adapter of several without a file. `multi_task` and `mod_squad` have `tasks`: weights by names that the rows ' +
          'say, or a list of `{name, training_file, validation_file?, weight?}` in the place of `training_file`',
      ),
    hyperparameters: hyperparameters.optional(),
    method: z
      .strictObject({
        type: z.literal('supervised'),
        supervised: z.strictObject({ hyperparameters: hyperparameters.optional() }).optional(),
      })
      .optional()
      .describe("OpenAI's place of the hyper-parameters"),
    dataset: options.default({}).describe('How the file is read, cleaned and split'),
    seed: z.int().min(0).max(MAX_SEED).nullish(),
    suffix: z.string().min(1).max(64).nullish().describe('Names the adapter'),
    metadata: Metadata.nullish(),
    integrations: z.array(z.unknown()).max(0).nullish(),
  })
  .refine(isStorable, 'expected texts without NUL and halves of surrogate pairs')
  .meta({ id: 'CreateJobRequest' });

/** `metadata[key]=value` narrows the list; Fastify gives such keys as they stand in the URL. */
export const JobsQuery = z
  .looseObject({
    limit: z.coerce.number().int().min(1).max(1000).default(20),
    after: z.string().max(100).optional().describe('Id of the last job of the page before'),
  })
  .meta({ id: 'JobsQuery' });

export const EventsQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(1000).default(20),
    after: z.string().max(100).optional().describe('Id of the last event of the page before, or of the last one read'),
    stream: z.enum(['true', 'false']).default('false').describe('Server-sent events, oldest first, until the job ends'),
  })
  .meta({ id: 'EventsQuery' });

const error = z.object({ code: z.string(), message: z.string(), param: z.string().nullable() });

export const JobResponse = z
  .object({
    id: z.string(),
    object: z.literal('fine_tuning.job'),
    created_at: z.int(),
    finished_at: z.int().nullable(),
    estimated_finish: z.int().nullable(),
    model: z.string(),
    fine_tuned_model: z.string().nullable().describe('The version that was made, ready for requests'),
    organization_id: z.string(),
    status: z.enum(JOB_STATUSES),
    task: z.string(),
    adapter: z.record(z.string(), z.unknown()),
    objective: z.record(z.string(), z.unknown()).nullable(),
    hyperparameters: z.record(z.string(), z.unknown()),
    method: z.object({ type: z.literal('supervised') }),
    training_file: z.string().nullable().describe('null: the job reads no rows'),
    validation_file: z.string().nullable(),
    result_files: z.array(z.string()),
    trained_tokens: z.int().nullable(),
    seed: z.int(),
    metrics: z.record(z.string(), z.unknown()).nullable(),
    progress: z
      .object({
        step: z.int(),
        total_steps: z.int(),
        loss: z.number().nullable(),
        tokens_per_second: z.number().nullable(),
      })
      .nullable(),
    integrations: z.array(z.unknown()),
    metadata: z.record(z.string(), z.string()),
    error: error.nullable(),
  })
  .meta({ id: 'JobResponse' });

export const JobEventResponse = z
  .object({
    id: z.string(),
    object: z.literal('fine_tuning.job.event'),
    created_at: z.int(),
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
    type: z.enum(['message', 'metrics']),
    data: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'JobEventResponse' });

export const CheckpointResponse = z
  .object({
    id: z.string(),
    object: z.literal('fine_tuning.job.checkpoint'),
    created_at: z.int(),
    fine_tuning_job_id: z.string(),
    fine_tuned_model_checkpoint: z.string().describe('The version that was made of it; empty when none was'),
    step_number: z.int(),
    metrics: z.record(z.string(), z.number()),
    bytes: z.int(),
  })
  .meta({ id: 'CheckpointResponse' });
