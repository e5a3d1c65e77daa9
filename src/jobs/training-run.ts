import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CancelledError, IncompatibleAdapterError, ValidationError } from '../common/errors.js';
import type { JsonObject } from '../common/json.js';
import { version as codeVersion } from '../common/package.js';
import { CONFIG, type Config } from '../config/config.js';
import { TenantDb } from '../database/tenant-db.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import type { AdapterVersion } from '../registry/adapter-version.js';
import { ImportService } from '../registry/import.service.js';
import { parseModelName } from '../registry/model-name.js';
import { ADAPTER_COMPILER, type AdapterCompiler } from '../registry/ports.js';
import { RegistryService } from '../registry/registry.service.js';
import { ResultFilesService, type StoredResult } from '../registry/result-files.service.js';
import { VersionLineageEntity } from '../registry/version-lineage.entity.js';
import { VersionMaker, type MadeVersion, type VersionDraft } from '../registry/version-maker.js';
import { SYSTEM } from '../tenants/principal.js';
import type { Facts } from '../training/advisor/facts.js';
import type { Adapted, TrainingEvent, TrainingResult } from '../training/events.js';
import type { FitSpec } from '../training/fits/fit-spec.js';
import type { TrainingSpec } from '../training/hyperparameters.js';
import { madeAdapters, madeCompositions, madeTasks, partsOf } from './adapter-name.js';
import { BASE_DIRECTORY } from './base-directory.js';
import { CheckpointStore } from './checkpoint-store.js';
import type { ClaimWatch } from './claim-watch.js';
import type { FineTuningJob } from './fine-tuning-job.entity.js';
import { FitRun } from './fits/fit-run.service.js';
import { fitOf } from './fits/fit-request.js';
import { JobClaims } from './job-claims.js';
import { dataOrigin, JobDatasets, jobFacts, jobLabels, type TaskDataset } from './job-datasets.service.js';
import type { Claim } from './row-claims.js';
import { JobEventEntity } from './job-event.entity.js';
import { RunRecorder } from './run-recorder.js';
import { SquadVersions, type PartContent } from './squad-versions.js';
import { stepMetricsCsv } from './step-metrics.js';
import { TrainingChildren } from './training-children.js';
import type { Trainer } from './training-group.js';
import { adviseRun, planTraining } from './training-plan.js';

type RunSpec = TrainingSpec | FitSpec;

interface Surroundings {
  /** Empty, the run's own. */
  readonly directory: string;
  readonly watch: ClaimWatch;
  readonly trainer: Trainer;
}

/** The phase `running`: a data set becomes a version, which is made together with the end of the job. */
@Injectable()
export class TrainingRun {
  constructor(
    private readonly claims: JobClaims,
    private readonly data: JobDatasets,
    private readonly registry: RegistryService,
    private readonly imports: ImportService,
    private readonly versions: VersionMaker,
    private readonly resultFiles: ResultFilesService,
    private readonly db: TenantDb,
    private readonly checkpoints: CheckpointStore,
    private readonly metrics: TrainingMetrics,
    private readonly fits: FitRun,
    private readonly squads: SquadVersions,
    private readonly children: TrainingChildren,
    @Inject(ADAPTER_COMPILER) private readonly compiler: AdapterCompiler,
    @Inject(BASE_DIRECTORY) private readonly base: string,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws CancelledError  when the run was told to stop; what it had done is in its last checkpoint */
  async run(job: FineTuningJob, claim: Claim, { directory, watch, trainer }: Surroundings): Promise<void> {
    const data = await this.data.require(job);
    const runDirectory = join(directory, 'run');
    await mkdir(runDirectory);
    const facts = jobFacts(data);
    const spec = await this.plan(job, { data, facts }, directory);
    await this.checkpoints.restore(job.tenantId, job.id, runDirectory);
    const result = await this.train(spec, { job, claim, watch, trainer, runDirectory, facts });
    if (result.stopped === 'aborted') throw new CancelledError('run: stopped at a checkpoint');
    await this.finish(result, { job, claim, data, spec });
  }

  /** Lays out the data, and what training goes on from. */
  private async plan(
    job: FineTuningJob,
    { data, facts }: { readonly data: readonly TaskDataset[]; readonly facts: Facts | undefined },
    directory: string,
  ): Promise<RunSpec> {
    const files = facts && (await this.data.fetch(data, directory));
    const initial = job.parentModel === null ? undefined : await this.fetchParent(job, job.parentModel, directory);
    const fit = fitOf(job.request);
    const labels = jobLabels(job.request, data);
    if (fit) return this.fits.plan(job, fit, { directory, initial, labels });
    if (!files)
      throw new ValidationError('training_file: expected rows to train on, got none', { param: 'training_file' });
    return planTraining(job.request, {
      ...{ base: this.base, ...files, initial, facts, labels },
      threads: this.config.training.threads,
    });
  }

  private async fetchParent({ tenantId }: FineTuningJob, model: string, directory: string): Promise<string> {
    const name = parseModelName(model);
    if (name?.kind !== 'version') throw new IncompatibleAdapterError(`parent: expected a version, got ${model}`);
    const path = join(directory, 'parent');
    await mkdir(path);
    for (const file of await this.registry.files(tenantId, name.name, name.digest)) {
      const { body } = await this.registry.openFile(tenantId, name, file.name);
      await pipeline(body, createWriteStream(join(path, file.name)));
    }
    return path;
  }

  private async train(
    spec: RunSpec,
    { job, claim, watch, trainer, runDirectory, facts }: TrainingPlace,
  ): Promise<TrainingResult> {
    const { claims, checkpoints, metrics } = this;
    const failed = { error: undefined as unknown };
    const onFailure = (error: unknown): void => {
      failed.error = error;
      watch.abandon();
    };
    const over = watch.kill;
    const recorder = new RunRecorder({ claims, claim, checkpoints, metrics, job, runDirectory, over, onFailure });
    const isAdvised = job.request.adapter.method === 'auto' && !('fit' in spec);
    const advice = isAdvised && facts ? adviseRun(job.request, facts).reasons : [];
    for (const reason of advice) recorder.take({ type: 'advice', step: 0, message: reason });
    try {
      const companions = { watch, onEvent: (e: TrainingEvent) => recorder.take(e) };
      if ('fit' in spec) return await this.children.run('fit', { spec, directory: runDirectory }, companions);
      return await trainer.train({ spec, directory: runDirectory }, companions);
    } catch (error) {
      throw failed.error ?? error;
    } finally {
      await recorder.close();
    }
  }

  /**
   * A version of each adapter and composition that the run made, with its lineage, and the job's end: all in one transaction. A
   * job that dies before it does it again when it goes on.
   */
  private async finish(
    result: TrainingResult,
    { job, claim, data, spec }: { job: FineTuningJob; claim: Claim; data: readonly TaskDataset[]; spec: RunSpec },
  ): Promise<void> {
    const metrics = { ...result.metrics, steps: result.steps, best_step: result.bestStep };
    const adapted = result.adapted ?? [];
    const stepMetrics = await this.stepMetrics(job);
    try {
      const inTransaction = async (manager: EntityManager, made: readonly MadeVersion[]): Promise<void> => {
        const tasks = madeTasks(result, job.adapterName);
        for (const { version } of made) {
          const own = data.filter(({ task }) => task !== undefined && task === tasks.get(version.name));
          const origin = dataOrigin(own.length > 0 ? own : data);
          await this.addLineage(manager, { job, origin, spec, version, metrics, adapted });
        }
        await stepMetrics.keep(manager);
        const parts = new Set(partsOf(result, job.adapterName));
        const models = made.map(({ version }) => version).filter(({ name }) => !parts.has(name));
        const ended = { result, metrics, models: models.map(modelOf), resultFile: stepMetrics.id };
        await this.end(manager, claim, ended);
      };
      await this.versions.makeAll({ tenantId: job.tenantId, drafts: this.drafts(result, job), inTransaction }, SYSTEM);
    } finally {
      await stepMetrics.close();
    }
  }

  /** One after the other, parts before the compositions of them. */
  private async *drafts(result: TrainingResult, job: FineTuningJob): AsyncGenerator<VersionDraft> {
    const { tenantId, adapterName } = job;
    const targetOf = ({ name }: { readonly name: string }) => ({ name, tenantId, keepsAlias: true });
    const parts = new Map<string, PartContent>();
    for (const adapter of madeAdapters(result, adapterName)) {
      const target = targetOf(adapter);
      const draft =
        result.kind === 'composition'
          ? await this.fits.draft(result, job.request.task, target)
          : await this.imports.draft({ ...target, directory: adapter.directory });
      const { digest, summary } = draft.content;
      parts.set(adapter.name, { digest, summary });
      yield draft;
    }
    const { squad, fusion } = result;
    if (fusion)
      yield await this.fits.fused({ ...result, fusion }, job.request.task, parts, targetOf({ name: adapterName }));
    if (!squad) return;
    for (const composition of madeCompositions(result, adapterName))
      yield this.squads.draft(composition, squad, parts, targetOf(composition));
  }

  /** @throws CancelledError  when the claim is lost */
  private end(manager: EntityManager, claim: Claim, { result, metrics, models, resultFile }: Ended): Promise<void> {
    const { trainedTokens, stopped, summary = 'Training ended' } = result;
    return this.claims.changeIn(manager, claim, ['running'], {
      set: {
        ...{ status: 'succeeded', finishedAt: new Date(), fineTunedModel: models[0] ?? null, metrics },
        ...{ trainedTokens, resultFiles: [resultFile] },
      },
      events: [
        { type: 'metrics', message: summary, data: { ...metrics, stopped } },
        ...models.map((model) => ({ message: `New fine-tuned model created: ${model}`, data: { model } })),
        { message: 'The job has successfully completed' },
      ],
    });
  }

  /** What was told of each step, as a file of the tenant's. */
  private async stepMetrics({ tenantId, id }: FineTuningJob): Promise<StoredResult> {
    const find = { where: { jobId: id, type: 'metrics' as const }, order: { number: 'ASC' as const } };
    const events = await this.db.run(tenantId, (manager) => manager.find(JobEventEntity, find));
    return this.resultFiles.create(tenantId, 'step_metrics.csv', Buffer.from(stepMetricsCsv(events)));
  }

  private async addLineage(manager: EntityManager, finished: Finished): Promise<void> {
    const { job, origin, spec, version, metrics, adapted } = finished;
    const hyperparameters = settingsOf(spec);
    const lineage = {
      ...{ tenantId: job.tenantId, adapterId: version.adapterId, digest: version.digest, jobId: job.id },
      ...{ baseDigest: this.compiler.baseDigest, datasetDigest: origin.digest, split: origin.split, seed: spec.seed },
      hyperparameters: JSON.parse(
        JSON.stringify({ ...hyperparameters, ...(adapted.length > 0 && { adapted }) }),
      ) as JsonObject,
      ...{ codeVersion: codeVersion(), metrics, parentModel: job.parentModel, createdAt: new Date() },
    };
    const { adapterId, digest } = version;
    // Equal files may come of two jobs: the version says what made it first. Imports of a tenant take turns here.
    if (await manager.existsBy(VersionLineageEntity, { adapterId, digest })) return;
    await manager.insert(VersionLineageEntity, lineage as never); // TypeORM's partial of a json column is not its type
  }
}

interface TrainingPlace {
  readonly job: FineTuningJob;
  readonly claim: Claim;
  readonly watch: ClaimWatch;
  readonly trainer: Trainer;
  readonly runDirectory: string;
  readonly facts: Facts | undefined;
}

interface Finished {
  readonly job: FineTuningJob;
  /** The data that the version was made of. */
  readonly origin: ReturnType<typeof dataOrigin>;
  readonly spec: RunSpec;
  readonly version: AdapterVersion;
  readonly metrics: JsonObject;
  /** Changes of the method while the run trained. */
  readonly adapted: readonly Adapted[];
}

interface Ended {
  readonly result: TrainingResult;
  readonly metrics: JsonObject;
  readonly models: readonly string[];
  readonly resultFile: string;
}

/** What decides a run but for its data and where files lie. */
function settingsOf(spec: RunSpec): object {
  if ('fit' in spec) {
    const { fit, task, members, recipe } = spec;
    return { fit, task, members: members.map(({ name }) => name), ...(recipe && { recipe }) };
  }
  const { data: _data, base: _base, initial: _initial, teacher: _teacher, ...settings } = spec;
  return settings;
}

function modelOf({ name, digest }: AdapterVersion): string {
  return `${name}@${digest}`;
}
