import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { In, Not, type EntityManager } from 'typeorm';
import { ConflictError, NotFoundError, QuotaExceededError } from '../common/errors.js';
import { wrongCursor, type Page } from '../common/page.js';
import { fromPublicId, toPublicId } from '../common/public-id.js';
import { TenantDb } from '../database/tenant-db.js';
import { requireFile } from '../registry/files.service.js';
import { RegistryService } from '../registry/registry.service.js';
import { timePage, type TimePageRequest } from '../registry/time-page.js';
import { AuditService } from '../tenants/audit.service.js';
import type { Actor } from '../tenants/principal.js';
import { QuotasService } from '../tenants/quotas.service.js';
import { CheckpointStore } from './checkpoint-store.js';
import { readDatasetOptions } from './dataset-plan.js';
import { FineTuningJobEntity, type FineTuningJob } from './fine-tuning-job.entity.js';
import { expectFiles, fitOf } from './fits/fit-request.js';
import { FitRequests } from './fits/fit-requests.service.js';
import { JobCheckpointEntity, type JobCheckpoint } from './job-checkpoint.entity.js';
import { JobEventEntity, type JobEvent } from './job-event.entity.js';
import { appendEvents } from './job-events.js';
import { JobNotices } from './job-notices.js';
import type { JobRequest } from './job-request.js';
import { ENDED_STATUSES, hasEnded, type JobStatus } from './job-status.js';
import { adapterNameFor } from './adapter-name.js';
import { expectParentFits } from './parent-fits.js';
import { checkPlan } from './training-plan.js';
import { TaskFileEntity, type TaskFile } from './task-file.entity.js';
import { taskSourcesOf } from './task-sources.js';
import { TrainingQueue } from './training-queue.js';

export interface NewJob {
  readonly request: JobRequest;
  /** Public ids of files; null for a job that reads no rows. */
  readonly trainingFile: string | null;
  readonly validationFile: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a caller does to a job, and what becomes of it. */
interface Intervention {
  readonly action: 'cancel' | 'pause' | 'resume';
  readonly from: readonly JobStatus[];
  readonly to: (job: FineTuningJob) => JobStatus;
  readonly message: string;
}

const INTERVENTIONS = {
  cancel: {
    action: 'cancel',
    from: ['validating_files', 'queued', 'running', 'paused'],
    to: () => 'cancelled',
    message: 'The job was cancelled',
  },
  pause: {
    action: 'pause',
    from: ['validating_files', 'queued', 'running'],
    to: () => 'paused',
    message: 'The job was paused; it goes on when it is resumed',
  },
  resume: {
    action: 'resume',
    from: ['paused'],
    to: ({ datasetId, trainingFile }) => (trainingFile !== null && datasetId === null ? 'validating_files' : 'queued'),
    message: 'The job was resumed',
  },
} as const satisfies Record<string, Intervention>;

/** A tenant's fine-tuning jobs. What is done to a job holds from its row on; the worker at it hears of it and stops. */
@Injectable()
export class JobsService {
  constructor(
    private readonly db: TenantDb,
    private readonly registry: RegistryService,
    private readonly quotas: QuotasService,
    private readonly audit: AuditService,
    private readonly checkpointStore: CheckpointStore,
    private readonly notices: JobNotices,
    private readonly queue: TrainingQueue,
    private readonly fits: FitRequests,
  ) {}

  /**
   * @throws ValidationError | NotFoundError  for a request that no run can be made of, a file or a model that is not there
   * @throws QuotaExceededError  when too many jobs of the tenant have not ended
   */
  async create(tenantId: string, newJob: NewJob, actor: Actor): Promise<FineTuningJob> {
    const { metadata } = newJob;
    expectFiles(newJob.request, { training_file: newJob.trainingFile, validation_file: newJob.validationFile });
    readDatasetOptions(newJob.request);
    if (!fitOf(newJob.request)) checkPlan(newJob.request);
    const parent = await this.registry.resolve(tenantId, newJob.request.model);
    const fitted = await this.fits.prepare(tenantId, newJob.request, parent);
    const request = fitted ?? newJob.request;
    if (!fitted) expectParentFits(request, parent);
    const { queuedJobs } = await this.quotas.get(tenantId);
    const id = randomUUID();
    const createdAt = new Date();
    const job = await this.db.run(tenantId, async (manager) => {
      await expectRoom(manager, tenantId, queuedJobs);
      const taskFiles = await filesOf(manager, request, { id, tenantId });
      const trainingFile = taskFiles[0]?.trainingFile ?? (await idOf(manager, newJob.trainingFile, 'training_file'));
      const validationFile = await idOf(manager, newJob.validationFile, 'validation_file');
      const status: JobStatus = trainingFile === null ? 'queued' : 'validating_files';
      await manager.insert(FineTuningJobEntity, {
        ...{ id, tenantId, status, trainingFile, validationFile, createdAt },
        ...(status === 'queued' && { queuedAt: createdAt }),
        ...{ request: request as never, metadata: metadata as never }, // TypeORM's partial of a json column is not its type
        parentModel: parent.kind === 'base' ? null : `${parent.version.name}@${parent.version.digest}`,
        adapterName: adapterNameFor(request, parent, id),
      });
      if (taskFiles.length > 0) await manager.insert(TaskFileEntity, taskFiles);
      await appendEvents(manager, { id, tenantId }, [
        { message: `Created fine-tuning job: ${toPublicId('ftjob', id)}` },
      ]);
      await this.audit.record(manager, { tenantId, action: 'job.create', target: id }, actor);
      return manager.findOneByOrFail(FineTuningJobEntity, { id });
    });
    this.notices.tell(id);
    await this.queue.announce();
    return job;
  }

  list(tenantId: string, request: TimePageRequest & { metadata?: Readonly<Record<string, string>> }) {
    const { metadata = {}, ...page } = request;
    return this.db.run(tenantId, (manager) =>
      timePage(manager, FineTuningJobEntity, {
        ...page,
        kind: 'ftjob',
        narrow: (query) =>
          Object.keys(metadata).length === 0
            ? query
            : query.andWhere('row.metadata @> :metadata', { metadata: JSON.stringify(metadata) }),
      }),
    );
  }

  /** @param jobId  as the API shows it, here and below */
  require(tenantId: string, jobId: string): Promise<FineTuningJob> {
    return this.db.run(tenantId, (manager) => requireJob(manager, jobId));
  }

  cancel(tenantId: string, jobId: string, actor: Actor): Promise<FineTuningJob> {
    return this.intervene(tenantId, jobId, INTERVENTIONS.cancel, actor);
  }

  /** A run that is under way finishes its step and leaves a checkpoint. */
  pause(tenantId: string, jobId: string, actor: Actor): Promise<FineTuningJob> {
    return this.intervene(tenantId, jobId, INTERVENTIONS.pause, actor);
  }

  async resume(tenantId: string, jobId: string, actor: Actor): Promise<FineTuningJob> {
    const job = await this.intervene(tenantId, jobId, INTERVENTIONS.resume, actor);
    await this.queue.announce();
    return job;
  }

  /** Newest first; `after` is the number of the last event seen. With `oldestFirst` those that came after it. */
  async events(
    tenantId: string,
    jobId: string,
    { limit, after, oldestFirst = false }: { limit: number; after?: number | undefined; oldestFirst?: boolean },
  ): Promise<{ job: FineTuningJob; events: JobEvent[]; hasMore: boolean }> {
    return this.db.run(tenantId, async (manager) => {
      const job = await requireJob(manager, jobId);
      const query = manager.createQueryBuilder(JobEventEntity, 'e').where('e.jobId = :id', { id: job.id });
      if (after !== undefined) query.andWhere(`e.number ${oldestFirst ? '>' : '<'} :after`, { after });
      const rows = await query
        .orderBy('e.number', oldestFirst ? 'ASC' : 'DESC')
        .limit(limit + 1)
        .getMany();
      return { job, events: rows.slice(0, limit), hasMore: rows.length > limit };
    });
  }

  /** Newest first; `after` is the public id of the last one seen. */
  checkpoints(
    tenantId: string,
    jobId: string,
    { limit, after }: { limit: number; after?: string | undefined },
  ): Promise<Page<JobCheckpoint>> {
    return this.db.run(tenantId, async (manager) => {
      const { id: of } = await requireJob(manager, jobId);
      const query = manager.createQueryBuilder(JobCheckpointEntity, 'c').where('c.jobId = :of', { of });
      if (after !== undefined) {
        const id = fromPublicId('ftckpt', after);
        const last = id === undefined ? null : await manager.findOneBy(JobCheckpointEntity, { id, jobId: of });
        if (last === null) throw wrongCursor(after);
        query.andWhere('c.step < :step', { step: last.step });
      }
      const rows = await query
        .orderBy('c.step', 'DESC')
        .limit(limit + 1)
        .getMany();
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return rows.length > limit && last ? { items, nextCursor: toPublicId('ftckpt', last.id) } : { items };
    });
  }

  private async intervene(
    tenantId: string,
    jobId: string,
    { action, from, to, message }: Intervention,
    actor: Actor,
  ): Promise<FineTuningJob> {
    const job = await this.db.run(tenantId, async (manager) => {
      const { id } = await requireJob(manager, jobId);
      const before = await manager.findOneOrFail(FineTuningJobEntity, {
        where: { id },
        lock: { mode: 'pessimistic_write' },
      });
      if (!from.includes(before.status)) throw wrongStatus(jobId, action, before.status, from);
      const status = to(before);
      const at = {
        ...(hasEnded(status) && { finishedAt: new Date() }),
        ...(status === 'queued' && { queuedAt: new Date() }),
      };
      await manager.update(FineTuningJobEntity, { id }, { status, failures: 0, ...at });
      await appendEvents(manager, before, [{ message }]);
      await this.audit.record(manager, { tenantId, action: `job.${action}`, target: id }, actor);
      return manager.findOneByOrFail(FineTuningJobEntity, { id });
    });
    this.notices.tell(job.id);
    // With a worker still at it, that one removes them once it has stopped.
    if (hasEnded(job.status) && job.claimId === null) await this.checkpointStore.removeAll(tenantId, job.id);
    return job;
  }
}

/** Of a file that stays for as long as the transaction runs. */
async function idOf(manager: EntityManager, fileId: string | null, param: string): Promise<string | null> {
  if (fileId === null) return null;
  return (await requireFile(manager, fileId, { lock: 'for_key_share', param })).id;
}

/** Of each task that names a file of its own. @throws NotFoundError `file_not_found`, `param` objective */
async function filesOf(
  manager: EntityManager,
  request: JobRequest,
  { id: jobId, tenantId }: Pick<FineTuningJob, 'id' | 'tenantId'>,
): Promise<TaskFile[]> {
  const files: TaskFile[] = [];
  for (const [position, source] of (taskSourcesOf(request) ?? []).entries()) {
    const trainingFile = await idOf(manager, source.training_file, 'objective');
    const validationFile = await idOf(manager, source.validation_file ?? null, 'objective');
    if (trainingFile !== null)
      files.push({ jobId, tenantId, task: source.name, position, trainingFile, validationFile, datasetId: null });
  }
  return files;
}

async function requireJob(manager: EntityManager, jobId: string): Promise<FineTuningJob> {
  const id = fromPublicId('ftjob', jobId);
  const job = id === undefined ? null : await manager.findOneBy(FineTuningJobEntity, { id });
  if (job) return job;
  throw new NotFoundError(`job: expected the id of one of yours, got ${JSON.stringify(jobId.slice(0, 80))}`, {
    code: 'job_not_found',
    param: 'fine_tuning_job_id',
  });
}

function wrongStatus(jobId: string, action: string, got: JobStatus, expected: readonly JobStatus[]): ConflictError {
  return new ConflictError(`job ${jobId}: expected one of status ${expected.join(', ')} to ${action}, got ${got}`, {
    code: hasEnded(got) ? 'job_has_ended' : 'wrong_job_status',
  });
}

/** Requests of one tenant take turns from here on, so that together they keep its quota. */
async function expectRoom(manager: EntityManager, tenantId: string, limit: number | null): Promise<void> {
  if (limit === null) return;
  await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`jobs ${tenantId}`]);
  const open = await manager.countBy(FineTuningJobEntity, { status: Not(In([...ENDED_STATUSES])) });
  if (open < limit) return;
  throw new QuotaExceededError(`quota: expected at most ${limit} jobs that have not ended, got one more`, {
    code: 'queued_jobs_exceeded',
  });
}
