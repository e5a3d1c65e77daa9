import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { ConflictError, NotFoundError, QuotaExceededError, ValidationError } from '../../common/errors.js';
import { fromPublicId, toPublicId } from '../../common/public-id.js';
import { TenantDb } from '../../database/tenant-db.js';
import { DatasetEntity } from '../../registry/dataset.entity.js';
import { requireFile } from '../../registry/files.service.js';
import { timePage, type TimePageRequest } from '../../registry/time-page.js';
import { requireTask } from '../../serving/row-builder.js';
import { MODEL_CATALOG, type ModelCatalog, type ServedModel } from '../../serving/served-model.js';
import { AuditService } from '../../tenants/audit.service.js';
import type { Actor } from '../../tenants/principal.js';
import { QuotasService } from '../../tenants/quotas.service.js';
import type { DataCard } from '../../training/datasets/data-card.js';
import { tasksOf } from '../task-sources.js';
import { FineTuningJobEntity } from '../fine-tuning-job.entity.js';
import { JobNotices } from '../job-notices.js';
import { EvaluationQueue } from './evaluation-queue.js';
import {
  EVALUATED_TASKS,
  type EvaluatedTask,
  type EvaluationRequest,
  type FileOptions,
  type HeldOutPart,
} from './evaluation-request.js';
import { EvaluationEntity, type Evaluation } from './evaluation.entity.js';

export interface NewEvaluation {
  readonly model: string;
  /** Public id of a file, or of a job whose held-out rows are meant. */
  readonly dataset: string;
  readonly split: HeldOutPart | undefined;
  /** The one that the model has a head for, when absent. */
  readonly task: EvaluatedTask | undefined;
  readonly file: FileOptions;
  readonly seed: number;
  readonly samples: number;
  readonly maskedShare: number;
  readonly metadata: Readonly<Record<string, string>>;
}

type Source = Pick<EvaluationRequest, 'split' | 'datasetId'> & { readonly fileId: string };

/** A tenant's evaluations: how well a model answers what is known of a file's rows. */
@Injectable()
export class EvaluationsService {
  constructor(
    private readonly db: TenantDb,
    @Inject(MODEL_CATALOG) private readonly catalog: ModelCatalog,
    private readonly quotas: QuotasService,
    private readonly audit: AuditService,
    private readonly notices: JobNotices,
    private readonly queue: EvaluationQueue,
  ) {}

  /**
   * @throws NotFoundError | ValidationError  for a model, a file or a job that is not there, and a task the model cannot do
   * @throws ConflictError `dataset_not_ready`  for a job whose data are not prepared yet
   * @throws QuotaExceededError  when too many evaluations of the tenant have not ended
   */
  async create(tenantId: string, asked: NewEvaluation, actor: Actor): Promise<Evaluation> {
    const { model, dataset, file, seed, samples, maskedShare, metadata } = asked;
    const served = await this.catalog.resolve(tenantId, model);
    const task = taskOf(served, asked.task);
    const { queuedJobs } = await this.quotas.get(tenantId);
    const id = randomUUID();
    const evaluation = await this.db.run(tenantId, async (manager) => {
      await expectRoom(manager, tenantId, queuedJobs);
      const { fileId, ...source } = await sourceOf(manager, asked);
      const request: EvaluationRequest = {
        pinned: pinned(served),
        dataset,
        task,
        ...source,
        file,
        seed,
        samples,
        maskedShare,
      };
      await manager.insert(EvaluationEntity, {
        ...{ id, tenantId, status: 'queued', model, version: served.versions.join(','), fileId, createdAt: new Date() },
        ...{ request: request as never, metadata: metadata as never }, // TypeORM's partial of a json column is not its type
      });
      await this.audit.record(manager, { tenantId, action: 'evaluation.create', target: id }, actor);
      return manager.findOneByOrFail(EvaluationEntity, { id });
    });
    await this.queue.announce();
    return evaluation;
  }

  list(tenantId: string, request: TimePageRequest) {
    return this.db.run(tenantId, (manager) => timePage(manager, EvaluationEntity, { ...request, kind: 'eval' }));
  }

  /** With its report. @param evaluationId  as the API shows it */
  require(tenantId: string, evaluationId: string): Promise<Evaluation> {
    return this.db.run(tenantId, (manager) => requireEvaluation(manager, evaluationId));
  }

  /** @throws ConflictError `evaluation_has_ended` */
  async cancel(tenantId: string, evaluationId: string, actor: Actor): Promise<Evaluation> {
    const cancelled = await this.db.run(tenantId, async (manager) => {
      const { id } = await requireEvaluation(manager, evaluationId);
      const open = { id, status: In(['queued', 'running']) };
      const { affected } = await manager.update(EvaluationEntity, open, {
        status: 'cancelled',
        finishedAt: new Date(),
      });
      const now = await requireEvaluation(manager, evaluationId);
      if (affected !== 1) {
        throw new ConflictError(
          `evaluation ${evaluationId}: expected it queued or running to cancel it, got ${now.status}`,
          {
            code: 'evaluation_has_ended',
          },
        );
      }
      await this.audit.record(manager, { tenantId, action: 'evaluation.cancel', target: id }, actor);
      return now;
    });
    this.notices.tell(cancelled.id);
    return cancelled;
  }
}

/** @throws ValidationError  when the model has no head whose answers can be measured */
function taskOf(served: ServedModel, asked: EvaluatedTask | undefined): EvaluatedTask {
  if (served.alternatives !== undefined) {
    throw new ValidationError(`model: expected one that gives one answer to each input, got ${served.name}`, {
      param: 'model',
    });
  }
  const task = asked ?? EVALUATED_TASKS.find((known) => served.tasks.includes(known)) ?? EVALUATED_TASKS[0];
  requireTask(served, task);
  return task;
}

function pinned({ name, adapter, versions }: ServedModel): string {
  const [version] = versions;
  return adapter === 'base' || versions.length !== 1 ? name : `${adapter}@${version}`;
}

async function sourceOf(manager: EntityManager, { dataset, split, file }: NewEvaluation): Promise<Source> {
  const lock = 'for_key_share';
  const jobId = fromPublicId('ftjob', dataset);
  if (jobId === undefined) {
    if (split !== undefined) {
      throw new ValidationError(`split: expected it with the id of a job, got ${dataset}`, { param: 'split' });
    }
    return {
      fileId: (await requireFile(manager, dataset, { lock, param: 'dataset' })).id,
      split: null,
      datasetId: null,
    };
  }
  if (Object.values(file).some((option) => option !== undefined)) {
    throw new ValidationError('file: expected it with the id of a file, got it with that of a job', { param: 'file' });
  }
  const prepared = await requireDataset(manager, jobId, dataset);
  const part = split ?? 'test';
  const { rows } = (prepared.card as unknown as DataCard).splits[part];
  if (rows === 0) {
    throw new ValidationError(`split: expected one with rows, got ${part} of ${dataset}, which has none`, {
      param: 'split',
    });
  }
  const { id: fileId } = await requireFile(manager, toPublicId('file', prepared.fileId), { lock, param: 'dataset' });
  return { fileId, split: part, datasetId: prepared.id };
}

async function requireDataset(manager: EntityManager, jobId: string, dataset: string) {
  const job = await manager.findOneBy(FineTuningJobEntity, { id: jobId });
  if (!job) {
    throw new NotFoundError(`dataset: expected the id of a file or a job of yours, got ${JSON.stringify(dataset)}`, {
      code: 'job_not_found',
      param: 'dataset',
    });
  }
  if (job.trainingFile === null) {
    throw new ValidationError(`dataset: expected a job that read rows, or a file, got ${dataset}`, {
      param: 'dataset',
    });
  }
  if (tasksOf(job.request)) {
    throw new ValidationError(`dataset: expected a job of one task, or a file with the rows of one, got ${dataset}`, {
      param: 'dataset',
    });
  }
  const prepared = job.datasetId === null ? null : await manager.findOneBy(DatasetEntity, { id: job.datasetId });
  if (prepared) return prepared;
  throw new ConflictError(`dataset: expected a job whose data are prepared, got ${dataset}, which is ${job.status}`, {
    code: 'dataset_not_ready',
    param: 'dataset',
  });
}

async function requireEvaluation(manager: EntityManager, evaluationId: string): Promise<Evaluation> {
  const id = fromPublicId('eval', evaluationId);
  const query = manager
    .createQueryBuilder(EvaluationEntity, 'row')
    .addSelect('row.report')
    .where('row.id = :id', { id });
  const found = id === undefined ? null : await query.getOne();
  if (found) return found;
  const got = JSON.stringify(evaluationId.slice(0, 80));
  throw new NotFoundError(`evaluation: expected the id of one of yours, got ${got}`, {
    code: 'evaluation_not_found',
    param: 'evaluation',
  });
}

/** Requests of one tenant take turns from here on, so that together they keep its quota of jobs, counted by themselves. */
async function expectRoom(manager: EntityManager, tenantId: string, limit: number | null): Promise<void> {
  if (limit === null) return;
  await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`evaluations ${tenantId}`]);
  const open = await manager.countBy(EvaluationEntity, { status: In(['queued', 'running']) });
  if (open < limit) return;
  throw new QuotaExceededError(`quota: expected at most ${limit} evaluations that have not ended, got one more`, {
    code: 'queued_jobs_exceeded',
  });
}
