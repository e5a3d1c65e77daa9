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
import { dataRequest, recipeOf, tasksOf, type SourceFiles } from './dataset-plan.js';
import { FineTuningJobEntity, type FineTuningJob } from './fine-tuning-job.entity.js';
import { frozenDigests, frozenSources, testDigest } from './frozen-tests.js';
import { JobClaims } from './job-claims.js';
import type { Claim } from './row-claims.js';
import type { NewJobEvent } from './job-events.js';
import type { JobRequest } from './job-request.js';
import { togetherKeyOf } from './together.js';
import { TrainingChildren } from './training-children.js';

const UNUSABLE = { code: 'invalid_training_file', param: 'training_file' };

/** Data that no model can be trained on; the first fault is in the message, all that are kept go into the job's events. */
export class UnusableDataError extends ValidationError {
  constructor(readonly card: Pick<DataCard, 'unusable' | 'faults'>) {
    const [first] = card.faults.first.filter(({ severity }) => severity === 'error');
    const reasons = [
      ...card.unusable,
      ...(first ? [`line ${first.line}, column ${first.column}: ${first.message}`] : []),
    ];
    super(`training_file: ${reasons.join('; ')}`, UNUSABLE);
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
    const { tenantId, request } = job;
    const file = (id: string): Promise<TenantFile> => this.files.require(tenantId, toPublicId('file', id));
    if (job.trainingFile === null)
      throw new ValidationError('training_file: expected one to validate, got none', UNUSABLE);
    const training = await file(job.trainingFile);
    const validation = job.validationFile === null ? undefined : await file(job.validationFile);
    const files = { training, validation };
    const earlier = await this.earlier(job);
    const isSame = (dataset: Dataset): boolean =>
      dataset.fileId === training.id && dataset.recipe === recipeOf(request, files, frozenDigests(dataset));
    const frozen = frozenSources(earlier);
    const recipe = recipeOf(
      request,
      files,
      frozen.flatMap((dataset) => testDigest(dataset) ?? []),
    );
    // One that was made of this file already, and has taken over all the others.
    const same = frozen.length === 1 ? frozen.find(isSame) : undefined;
    const known = same ?? (await this.datasets.find(tenantId, training.id, recipe));
    const dataset = known ?? (await this.prepare({ job, files, frozen, recipe }, directory, watch));
    const card = dataset.card as unknown as DataCard;
    const togetherKey = togetherKeyOf(job, card);
    await this.claims.change(claim, ['validating_files'], {
      set: { status: 'queued', datasetId: dataset.id, queuedAt: new Date(), togetherKey },
      events: cardEvents(card),
    });
  }

  /** Data sets of the same task that jobs of this adapter, and of the one it goes on from, were made of. */
  private earlier({ id, tenantId, adapterName, parentModel, request }: FineTuningJob): Promise<Dataset[]> {
    const names = [adapterName, ...(parentModel === null ? [] : [parentModel.split('@')[0] ?? ''])];
    return this.db.run(tenantId, async (manager) => {
      const where = { id: Not(id), adapterName: In(names), datasetId: Not(IsNull()) };
      const jobs: FineTuningJob[] = await manager.findBy(FineTuningJobEntity, where);
      const kindOf = (asked: JobRequest): string => JSON.stringify([asked.task, asked.problem, tasksOf(asked)?.sort()]);
      const alike = jobs.filter((job) => kindOf(job.request) === kindOf(request));
      const ids = [...new Set(alike.flatMap(({ datasetId }) => datasetId ?? []))];
      return manager.find(DatasetEntity, { where: { id: In(ids) }, order: { createdAt: 'DESC', id: 'ASC' } });
    });
  }

  private async prepare(
    { job, files, frozen, recipe }: Preparation,
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
      .run('prepare', dataRequest(job.request, files, paths), { watch })
      .catch((error: unknown) => {
        if (!(error instanceof ValidationError)) throw error;
        throw new ValidationError(`training_file: ${error.message}`, { ...UNUSABLE, cause: error });
      });
    if (card.unusable.length > 0) throw new UnusableDataError(card);
    return this.datasets.create({
      tenantId: job.tenantId,
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

interface Preparation {
  readonly job: FineTuningJob;
  readonly files: SourceFiles;
  /** Data sets whose test rows are taken over. */
  readonly frozen: readonly Dataset[];
  readonly recipe: string;
}

function cardEvents({ rows, splits, labels, faults, warnings, digest }: DataCard): NewJobEvent[] {
  const parts = { train: splits.train.rows, validation: splits.validation.rows, test: splits.test.rows };
  const message = `Files validated: ${rows.kept} of ${rows.read} rows kept, ${parts.train} to train on`;
  const data = { rows, splits: parts, labels: labels.length, faults, digest };
  return [
    { message, data: JSON.parse(JSON.stringify(data)) as JsonObject },
    ...warnings.map((warning): NewJobEvent => ({ level: 'warn', message: warning })),
  ];
}
