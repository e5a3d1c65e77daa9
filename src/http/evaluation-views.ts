import { toPublicId } from '../common/public-id.js';
import type { Evaluation } from '../jobs/evaluations/evaluation.entity.js';
import { toSeconds } from './views.js';

const secondsOrNull = (date: Date | null): number | null => (date === null ? null : toSeconds(date));

export function evaluationSummaryView(evaluation: Evaluation) {
  const { id, request, status, model, version, progress, metrics, error, metadata } = evaluation;
  return {
    id: toPublicId('eval', id),
    object: 'evaluation' as const,
    created_at: toSeconds(evaluation.createdAt),
    started_at: secondsOrNull(evaluation.startedAt),
    finished_at: secondsOrNull(evaluation.finishedAt),
    ...{ status, model, version },
    ...{ dataset: request.dataset, split: request.split, task: request.task, seed: request.seed },
    ...{ progress, metrics, error, metadata },
  };
}

export function evaluationView(evaluation: Evaluation) {
  return { ...evaluationSummaryView(evaluation), report: evaluation.report ?? null };
}
