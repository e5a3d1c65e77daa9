import { z } from 'zod';
import { sha256Hex } from '../common/digest.js';
import type { JsonObject } from '../common/json.js';
import type { TenantFile } from '../registry/file.entity.js';
import type { DataRequest, SourceFile } from '../runtime/prepare-data.js';
import { needsLabels } from './fits/fit-request.js';
import type { JobRequest } from './job-request.js';
import { optionFault } from './option-fault.js';
import { rowTasksOf } from './task-sources.js';

const share = z.number().min(0).max(0.9);

/** How a file is read, cleaned and split; the seed is the data set's own, so that jobs with other seeds share its split. */
const datasetOptions = z.strictObject({
  format: z.enum(['jsonl', 'csv']).optional(),
  columns: z.record(z.string().max(50), z.string().max(200)).default({}),
  delimiter: z.string().length(1).optional(),
  header: z.array(z.string().max(200)).min(1).max(1000).optional(),
  validation_fraction: share.optional(),
  test_fraction: share.default(0.1),
  seed: z.int().min(0).default(0),
  near_duplicates: z.enum(['remove', 'keep']).default('remove'),
  max_faulty_share: z.number().min(0).max(1).default(0.1),
});

type DatasetOptions = z.output<typeof datasetOptions>;

/** Raised when preparation itself changes what it makes of the same file. */
const PREPARATION = 1;
const DEFAULT_VALIDATION = 0.1;

/** @throws ValidationError  for options that are unknown or out of bounds */
export function readDatasetOptions({ dataset }: Pick<JobRequest, 'dataset'>): DatasetOptions {
  const parsed = datasetOptions.safeParse(dataset);
  if (parsed.success) return parsed.data;
  throw optionFault('dataset', parsed.error.issues, dataset);
}

/**
 * What the preparation of a job's data depends on: equal recipes give equal splits.
 *
 * @param frozen  digests of the test parts whose rows stay test rows
 */
export function recipeOf(
  request: JobRequest,
  { training, validation }: SourceFiles,
  frozen: readonly string[],
): string {
  const tasks = rowTasksOf(request);
  const recipe: JsonObject = {
    preparation: PREPARATION,
    source: [training.sha256, formatOf(request, training)],
    validation: validation ? [validation.sha256, formatOf(request, validation)] : null,
    task: request.task,
    problem: request.problem ?? null,
    labels: request.labels ?? null,
    options: readDatasetOptions(request),
    ...(tasks && { tasks: [...tasks].sort() }),
    ...(!needsLabels(request) && { labelled: false }), // rows without labels are of no use to a job that reads them
    ...(frozen.length > 0 && { frozen: [...frozen].sort() }),
  };
  return sha256Hex(JSON.stringify(recipe));
}

/** Files of a tenant that a data set is made from. */
export interface SourceFiles {
  readonly training: TenantFile;
  readonly validation: TenantFile | undefined;
}

interface DataPaths {
  readonly base: string;
  readonly training: string;
  readonly validation: string;
  readonly frozen: readonly string[];
  readonly directory: string;
}

/** What the child is asked to prepare from files that lie in `paths`. */
export function dataRequest(request: JobRequest, files: SourceFiles, paths: DataPaths): DataRequest {
  const options = readDatasetOptions(request);
  const { training, validation } = files;
  const source: SourceFile = { path: paths.training, format: formatOf(request, training) };
  const pinned = validation && { path: paths.validation, format: formatOf(request, validation) };
  const maxTokens = request.hyperparameters['max_tokens'];
  return {
    base: paths.base,
    source,
    ...(pinned && { validation: pinned }),
    frozen: paths.frozen,
    options: {
      directory: paths.directory,
      task: request.task,
      ...(request.problem !== undefined && { problem: request.problem }),
      ...(request.labels !== undefined && { labels: request.labels }),
      labelled: needsLabels(request),
      tasks: rowTasksOf(request),
      columns: options.columns,
      delimiter: options.delimiter,
      header: options.header,
      seed: options.seed,
      fractions: {
        validation: options.validation_fraction ?? (validation ? 0 : DEFAULT_VALIDATION),
        test: options.test_fraction,
      },
      ...(options.near_duplicates === 'keep' && { near: false as const }),
      ...(typeof maxTokens === 'number' && { maxTokens }),
      maxFaultyShare: options.max_faulty_share,
    },
  };
}

function formatOf(request: JobRequest, { filename }: TenantFile): 'jsonl' | 'csv' {
  const { format } = readDatasetOptions(request);
  return format ?? (/\.(csv|tsv)$/i.test(filename) ? 'csv' : 'jsonl');
}
