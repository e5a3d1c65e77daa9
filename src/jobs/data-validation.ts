import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { ValidationError } from '../common/errors.js';
import type { JsonObject } from '../common/json.js';
import { toPublicId } from '../common/public-id.js';
import { TenantDb } from '../database/tenant-db.js';
import { DatasetEntity, type Dataset } from '../registry/dataset.entity.js';
import { DatasetsService } from '../registry/datasets.service.js';
import type { TenantFile } from '../registry/file.entity.js';
import { FilesService } from '../registry/files.service.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { BASE_DIRECTORY } from './base-directory.js';
import type { ClaimWatch } from './claim-watch.js';
import { dataRequest, recipeOf, type SourceFiles } from './dataset-plan.js';
import { FineTuningJobEntity, type FineTuningJob } from './fine-tuning-job.entity.js';
import { frozenDigests, frozenSources, testDigest } from './frozen-tests.js';
import { JobClaims } from './job-claims.js';
import { cardOf, type TaskDataset } from './job-datasets.service.js';
import type { Claim } from './row-claims.js';
import type { NewJobEvent } from './job-events.js';
import type { JobRequest } from './job-request.js';
import { TaskFileEntity } from './task-file.entity.js';
import { rowTasksOf, taskRequest, taskSourcesOf } from './task-sources.js';
import { togetherKeyOf } from './together.js';
import { TrainingChildren } from './training-children.js';

const UNUSABLE = { code: 'invalid_training_file', param: 'training_file' };

/** Data that no model can be trained on; the first fault is in the message, all that are kept go into the job's events. */
export class UnusableDataError extends ValidationError {
  /** @param task  whose own file it is */
  constructor(
    readonly card: Pick<DataCard, 'unusable' | 'faults'>,
    task?: string,
  ) {
    const [first] = card.faults.first.filter(({ severity }) => severity === 'error');
    const reasons = [
      ...card.unusable,
      ...(first ? [`line ${first.line}, column ${first.column}: ${first.message}`] : []),
    ];
    super(`${fileOf(task)}: ${reasons.join('; ')}`, UNUSABLE);
  }
}

/** The phase `validating_files`: files become a data set, or the job fails with what is wrong with them. */
@Injectable()
export class DataValidation {
  constructor(
    private readonly claims: JobClaims,
    private readonly files: FilesService,
    private readonly datasets: DatasetsService,
    private readonly children: TrainingChildren,
    private readonly db: TenantDb,
    @Inject(BASE_DIRECTORY) private readonly base: string,
  ) {}

  /** @param directory  empty, the run's own */
  async run(job: FineTuningJob, claim: Claim, { directory, watch }: { directory: string; watch: ClaimWatch }) {
    const { request } = job;
    const prepared: TaskDataset[] = [];
    for (const source of await this.sources(job)) {
      const own = join(directory, source.task ?? '');
      if (source.task !== undefined) await mkdir(own);
      const dataset = await this.dataset(job, source, own, watch);
      if (source.task !== undefined) await this.keep(job, source.task, dataset);
      prepared.push({ ...(source.task !== undefined && { task: source.task }), dataset });
    }
    const [first] = prepared;
    if (!first) throw new ValidationError('training_file: expected the id of a file, got none', UNUSABLE);
    const togetherKey = taskSourcesOf(request) ? null : togetherKeyOf(job, cardOf(first));
    await this.claims.change(claim, ['validating_files'], {
      set: { status: 'queued', datasetId: first.dataset.id, queuedAt: new Date(), togetherKey },
      events: prepared.flatMap(cardEvents),
    });
  }

  /** The files of a job, or of each of its tasks. */
  private async sources({ id, tenantId, request, trainingFile, validationFile }: FineTuningJob): Promise<Source[]> {
    const file = (uuid: string): Promise<TenantFile> => this.files.require(tenantId, toPublicId('file', uuid));
    const open = async (training: string, validation: string | null): Promise<SourceFiles> => {
      return { training: await file(training), validation: validation === null ? undefined : await file(validation) };
    };
    if (!taskSourcesOf(request))
      return trainingFile === null ? [] : [{ request, files: await open(trainingFile, validationFile) }];
    const own = await this.db.run(tenantId, (manager) =>
      manager.find(TaskFileEntity, { where: { jobId: id }, order: { position: 'ASC' } }),
    );
    return Promise.all(
      own.map(async ({ task, ...files }) => {
        const opened = await open(files.trainingFile, files.validationFile);
        return { task, request: taskRequest(request, task), files: opened };
      }),
    );
  }

  private async dataset(
    job: FineTuningJob,
    { task, request, files }: Source,
    directory: string,
    watch: ClaimWatch,
  ): Promise<Dataset> {
    const { tenantId } = job;
    const { training } = files;
    const isSame = (dataset: Dataset): boolean =>
      dataset.fileId === training.id && dataset.recipe === recipeOf(request, files, frozenDigests(dataset));
    const frozen = frozenSources(await this.earlier(job, task));
    const recipe = recipeOf(
      request,
      files,
      frozen.flatMap((dataset) => testDigest(dataset) ?? []),
    );
    // One that was made of this file already, and has taken over all the others.
    const same = frozen.length === 1 ? frozen.find(isSame) : undefined;
    const known = same ?? (await this.datasets.find(tenantId, training.id, recipe));
    return known ?? this.prepare({ tenantId, task, request, files, frozen, recipe }, directory, watch);
  }

  private async keep({ id, tenantId }: FineTuningJob, task: string, { id: datasetId }: Dataset): Promise<void> {
    await this.db.run(tenantId, (manager) => manager.update(TaskFileEntity, { jobId: id, task }, { datasetId }));
  }

  /** Data sets of the same task that jobs of this adapter, and of the one it goes on from, were made of. */
  private earlier(
    { id, tenantId, adapterName, parentModel, request }: FineTuningJob,
    task: string | undefined,
  ): Promise<Dataset[]> {
    const names = [adapterName, ...(parentModel === null ? [] : [parentModel.split('@')[0] ?? ''])];
    return this.db.run(tenantId, async (manager) => {
      const where = { id: Not(id), adapterName: In(names), datasetId: Not(IsNull()) };
      const jobs: FineTuningJob[] = await manager.findBy(FineTuningJobEntity, where);
      const kindOf = (asked: JobRequest): string =>
        JSON.stringify([asked.task, asked.problem, taskSourcesOf(asked) ? null : rowTasksOf(asked)?.sort()]);
      const alike = jobs.filter((job) => kindOf(job.request) === kindOf(request));
      const own =
        task === undefined
          ? alike
          : await manager.findBy(TaskFileEntity, { task, jobId: In(alike.map(({ id: jobId }) => jobId)) });
      const ids = [...new Set(own.flatMap(({ datasetId }) => datasetId ?? []))];
      return manager.find(DatasetEntity, { where: { id: In(ids) }, order: { createdAt: 'DESC', id: 'ASC' } });
    });
  }

  private async prepare(
    { tenantId, task, request, files, frozen, recipe }: Preparation,
    directory: string,
    watch: ClaimWatch,
  ): Promise<Dataset> {
    const path = (name: string): string => join(directory, name);
    const { training, validation } = files;
    const held = await Promise.all(frozen.map((dataset, at) => this.fetchTest(dataset, path(`frozen-${at}`))));
    const paths = {
      ...{ base: this.base, training: path('training'), validation: path('validation') },
      ...{ directory, frozen: held },
    };
    await pipeline(await this.files.open(training), createWriteStream(paths.training));
    if (validation) await pipeline(await this.files.open(validation), createWriteStream(paths.validation));
    const card = await this.children
      .run('prepare', dataRequest(request, files, paths), { watch })
      .catch((error: unknown) => {
        if (!(error instanceof ValidationError)) throw error;
        throw new ValidationError(`${fileOf(task)}: ${error.message}`, { ...UNUSABLE, cause: error });
      });
    if (card.unusable.length > 0) throw new UnusableDataError(card, task);
    return this.datasets.create({
      tenantId,
      fileId: training.id,
      validationFileId: validation?.id ?? null,
      recipe,
      digest: card.digest,
      card: JSON.parse(JSON.stringify(card)) as JsonObject,
      directory,
    });
  }

  private async fetchTest(dataset: Dataset, directory: string): Promise<string> {
    await mkdir(directory);
    await this.datasets.fetch(dataset, ['test'], directory);
    return join(directory, 'test.jsonl');
  }
}

/** What a data set is made from. */
interface Source {
  /** Whose own files they are. */
  readonly task?: string;
  readonly request: JobRequest;
  readonly files: SourceFiles;
}

interface Preparation extends Source {
  readonly tenantId: string;
  /** Data sets whose test rows are taken over. */
  readonly frozen: readonly Dataset[];
  readonly recipe: string;
}

function fileOf(task: string | undefined): string {
  return task === undefined ? 'training_file' : `training_file of ${task}`;
}

function cardEvents(prepared: TaskDataset): NewJobEvent[] {
  const { rows, splits, labels, faults, warnings, digest } = cardOf(prepared);
  const { task } = prepared;
  const parts = { train: splits.train.rows, validation: splits.validation.rows, test: splits.test.rows };
  const what = task === undefined ? 'Files' : `Files of ${task}`;
  const message = `${what} validated: ${rows.kept} of ${rows.read} rows kept, ${parts.train} to train on`;
  const data = { ...(task !== undefined && { task }), rows, splits: parts, labels: labels.length, faults, digest };
  return [
    { message, data: JSON.parse(JSON.stringify(data)) as JsonObject },
    ...warnings.map((warning): NewJobEvent => ({ level: 'warn', message: warning })),
  ];
}
