import { toPublicId } from '../common/public-id.js';
import type { FineTuningJob, JobProgress } from '../jobs/fine-tuning-job.entity.js';
import type { JobCheckpoint } from '../jobs/job-checkpoint.entity.js';
import type { JobEvent } from '../jobs/job-event.entity.js';
import { toSeconds } from './views.js';

export function jobView(job: FineTuningJob) {
  const { request, progress } = job;
  return {
    id: toPublicId('ftjob', job.id),
    object: 'fine_tuning.job' as const,
    created_at: toSeconds(job.createdAt),
    finished_at: job.finishedAt === null ? null : toSeconds(job.finishedAt),
    estimated_finish: job.status === 'running' ? endOf(progress) : null,
    model: request.model,
    fine_tuned_model: job.fineTunedModel,
    organization_id: job.tenantId,
    status: job.status,
    task: request.task,
    adapter: request.adapter,
    objective: request.objective ?? null,
    hyperparameters: {
      n_epochs: 'auto',
      batch_size: 'auto',
      learning_rate_multiplier: 'auto',
      ...request.hyperparameters,
    },
    method: { type: 'supervised' as const },
    training_file: job.trainingFile === null ? null : toPublicId('file', job.trainingFile),
    validation_file: job.validationFile === null ? null : toPublicId('file', job.validationFile),
    result_files: job.resultFiles.map((id) => toPublicId('file', id)),
    trained_tokens: job.trainedTokens,
    seed: request.seed,
    metrics: job.metrics,
    progress: progress && {
      step: progress.step,
      total_steps: progress.totalSteps,
      loss: progress.loss,
      tokens_per_second: progress.tokensPerSecond,
    },
    integrations: [],
    metadata: job.metadata,
    error: job.error,
  };
}

function endOf(progress: JobProgress | null): number | null {
  return progress?.endsAtMs == null ? null : Math.ceil(progress.endsAtMs / 1000);
}

export function eventView({ jobId, number, createdAt, level, message, type, data }: JobEvent) {
  return {
    id: `${toPublicId('ftevent', jobId)}-${number}`,
    object: 'fine_tuning.job.event' as const,
    created_at: toSeconds(createdAt),
    level,
    message,
    type,
    data,
  };
}

/** A checkpoint can be asked for as a model when it is the one that the job's version was made of. */
export function checkpointView(checkpoint: JobCheckpoint, { fineTunedModel, metrics: result }: FineTuningJob) {
  const { id, jobId, createdAt, step, metrics, bytes } = checkpoint;
  return {
    id: toPublicId('ftckpt', id),
    object: 'fine_tuning.job.checkpoint' as const,
    created_at: toSeconds(createdAt),
    fine_tuning_job_id: toPublicId('ftjob', jobId),
    fine_tuned_model_checkpoint: (result?.['best_step'] === step ? fineTunedModel : null) ?? '',
    step_number: step,
    metrics,
    bytes,
  };
}
