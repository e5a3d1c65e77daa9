import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { sha256Hex, type Digest } from '../common/digest.js';
import type { JsonObject } from '../common/json.js';
import { NotFoundError } from '../common/errors.js';
import { TenantDb } from '../database/tenant-db.js';
import { DatasetEntity, type Dataset, type DatasetPart } from '../registry/dataset.entity.js';
import { DatasetsService } from '../registry/datasets.service.js';
import { factsOf, type Facts } from '../training/advisor/facts.js';
import type { DataCard } from '../training/datasets/data-card.js';
import { LineWriter, readExamples } from '../training/datasets/spool.js';
import { taskLabel } from '../training/datasets/task-label.js';
import type { FineTuningJob } from './fine-tuning-job.entity.js';
import type { JobRequest } from './job-request.js';
import { TaskFileEntity } from './task-file.entity.js';
import { taskSourcesOf } from './task-sources.js';

/** Prepared data of a job: all of it, or those of one of its tasks. */
export interface TaskDataset {
  /** Absent: rows say of which task they are, where there are several. */
  readonly task?: string;
  readonly dataset: Dataset;
}

/** Files of a run. */
export interface RunFiles {
  readonly train: string;
  readonly validation: string | undefined;
}

/** The data sets of jobs, once their files are validated. */
@Injectable()
export class JobDatasets {
  constructor(
    private readonly db: TenantDb,
    private readonly datasets: DatasetsService,
  ) {}

  /**
   * One, or one for each task that has a file of its own in the order of the request; none for a job that reads no rows.
   *
   * @throws NotFoundError `dataset_not_found`  for one that was deleted with its file
   */
  async require({ id, tenantId, request, trainingFile, datasetId }: FineTuningJob): Promise<TaskDataset[]> {
    if (trainingFile === null) return [];
    if (!taskSourcesOf(request)) {
      if (datasetId === null) throw deleted();
      return [{ dataset: await this.datasets.require(tenantId, datasetId) }];
    }
    return this.db.run(tenantId, async (manager) => {
      const files = await manager.find(TaskFileEntity, { where: { jobId: id }, order: { position: 'ASC' } });
      const ids = files.flatMap((file) => file.datasetId ?? []);
      const found = new Map((await manager.findBy(DatasetEntity, { id: In(ids) })).map((one) => [one.id, one]));
      return files.map(({ task, datasetId: own }) => {
        const dataset = found.get(own ?? '');
        if (!dataset) throw deleted();
        return { task, dataset };
      });
    });
  }

  /** Lays out what a run reads; rows of several data sets one after the other, each with its task. */
  async fetch(all: readonly TaskDataset[], directory: string): Promise<RunFiles> {
    const train = join(directory, 'train.jsonl');
    const hasValidation = all.some((one) => cardOf(one).splits.validation.rows > 0);
    const validation = hasValidation ? join(directory, 'validation.jsonl') : undefined;
    const parts: DatasetPart[] = ['train', ...(hasValidation ? (['validation'] as const) : [])];
    const [first] = all;
    if (first && first.task === undefined) {
      await this.datasets.fetch(first.dataset, parts, directory);
      return { train, validation };
    }
    const places = await Promise.all(
      all.map(async ({ dataset }, at) => {
        const place = join(directory, `task-${at}`);
        await mkdir(place);
        await this.datasets.fetch(dataset, parts, place);
        return place;
      }),
    );
    for (const part of parts) {
      const rows = await LineWriter.create(join(directory, `${part}.jsonl`));
      for (const [at, { task }] of all.entries())
        for await (const batch of readExamples(join(places[at]!, `${part}.jsonl`))) {
          for (const [, example] of batch) rows.add(JSON.stringify({ ...example, task }));
          await rows.drain();
        }
      await rows.close();
    }
    return { train, validation };
  }
}

/** What the advisor goes by; of several data sets taken together. */
export function jobFacts(all: readonly TaskDataset[]): Facts | undefined {
  const facts = all.map((one) => ({ task: one.task, own: factsOf(cardOf(one)) }));
  const [first] = facts;
  if (!first || facts.length === 1) return first?.own;
  const rows = facts.reduce((sum, { own }) => sum + own.rows, 0);
  return {
    ...first.own,
    rows,
    hasValidation: facts.some(({ own }) => own.hasValidation),
    labels: facts.flatMap(({ task, own }) =>
      own.labels.map((fact) => ({ label: labelOf(task, fact.label), rows: fact.rows })),
    ),
    imbalance: Math.max(...facts.map(({ own }) => own.imbalance)),
    rowTokens: facts.reduce((sum, { own }) => sum + own.rowTokens * own.rows, 0) / Math.max(1, rows),
  };
}

/** The labels of a run in their order: those that the request names, else those of the data. */
export function jobLabels(
  { labels }: Pick<JobRequest, 'labels'>,
  all: readonly TaskDataset[],
): readonly string[] | undefined {
  if (labels) return labels;
  const own = all.flatMap((one) => cardOf(one).labels.map(({ label }) => labelOf(one.task, label)));
  return own.length > 0 ? own : undefined;
}

/** What a version was made of: one data set, or several taken together. */
export function dataOrigin(all: readonly TaskDataset[]): {
  readonly digest: Digest | null;
  readonly split: JsonObject;
} {
  const [first] = all;
  if (!first) return { digest: null, split: {} };
  const parts = Object.keys(cardOf(first).splits) as DatasetPart[];
  const split = parts.map((part) => {
    const own = all.map((one) => cardOf(one).splits[part]);
    const rows = own.reduce((sum, one) => sum + one.rows, 0);
    return [part, { rows, digest: together(own.map(({ digest }) => digest)) }] as const;
  });
  return { digest: together(all.map(({ dataset }) => dataset.digest)), split: Object.fromEntries(split) };
}

export function cardOf({ dataset }: TaskDataset): DataCard {
  return dataset.card as unknown as DataCard;
}

/** As rows of several tasks have it; see `taskLabel`. */
function labelOf(task: string | undefined, label: string): string {
  return taskLabel({ ...(task !== undefined && { task }), label }) ?? label;
}

/** Of one its own. */
function together(digests: readonly Digest[]): Digest {
  const [first] = digests;
  return digests.length === 1 && first ? first : `sha256:${sha256Hex(digests.join('\n'))}`;
}

function deleted(): NotFoundError {
  return new NotFoundError('training_file: expected the data set made of it, found it deleted', {
    code: 'dataset_not_found',
  });
}
