import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { JsonObject } from '../common/json.js';
import { toPublicId } from '../common/public-id.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import { CheckpointStore } from './checkpoint-store.js';
import { ClaimWatch } from './claim-watch.js';
import { DataValidation, UnusableDataError } from './data-validation.js';
import { failureOf, MAX_FAILURES, type Failure } from './failure.js';
import type { FineTuningJob } from './fine-tuning-job.entity.js';
import { JobClaims } from './job-claims.js';
import type { Claim } from './row-claims.js';
import type { NewJobEvent } from './job-events.js';
import { JobNotices } from './job-notices.js';
import { hasEnded, OPEN_STATUSES } from './job-status.js';
import { TrainingChildren } from './training-children.js';
import { TrainingGroup, type Seat, type Trainer } from './training-group.js';
import { TrainingRun } from './training-run.js';
import { whileAway } from './while-away.js';
import { WorkDirectories } from './work-directories.js';

const AGAIN_MS = 1_000;
/** How long the end of a run waits for a database that is away; after it the claim runs out by itself. */
const PATIENCE_MS = 10_000;

/** Does what a claimed job needs next, and gives the claim up however that ends. */
@Injectable()
export class JobRunner {
  private readonly log = new Logger('Jobs');

  constructor(
    private readonly claims: JobClaims,
    private readonly notices: JobNotices,
    private readonly validation: DataValidation,
    private readonly training: TrainingRun,
    private readonly checkpoints: CheckpointStore,
    private readonly directories: WorkDirectories,
    private readonly metrics: TrainingMetrics,
    private readonly children: TrainingChildren,
  ) {}

  /**
   * @param claims    one, or several that train in one batch
   * @param shutdown  aborted when this process stops; the jobs go back to the queue at their next checkpoint
   */
  async run(claims: readonly Claim[], shutdown: AbortSignal): Promise<void> {
    const group = new TrainingGroup(this.children, claims.length);
    await Promise.all(claims.map((claim) => this.runOne(claim, shutdown, group.seat())));
  }

  private async runOne(claim: Claim, shutdown: AbortSignal, seat: Seat): Promise<void> {
    let found: { readonly job: FineTuningJob; readonly watch: ClaimWatch } | undefined;
    try {
      const job = await this.claims.require(claim);
      const { claims, notices } = this;
      const onTrouble = (error: unknown): void => this.log.warn(`${claim.jobId}: no sign of life: ${String(error)}`);
      const watch = new ClaimWatch({ claims, notices, claim, status: job.status, shutdown, onTrouble });
      found = { job, watch };
      const directory = await this.directories.make(claim.claimId);
      if (job.failures > MAX_FAILURES) await this.giveUp(claim);
      else await this.work(job, claim, { directory, watch, trainer: seat });
    } catch (error) {
      if (!found) throw error;
      seat.leave(); // the others wait for it no longer than this
      await this.settle(error, { job: found.job, claim, shutdown });
    } finally {
      seat.leave();
      if (found) {
        await found.watch.close();
        await this.directories.remove(claim.claimId);
        await this.release(claim);
      }
    }
  }

  private async work(
    job: FineTuningJob,
    claim: Claim,
    surroundings: { directory: string; watch: ClaimWatch; trainer: Trainer },
  ): Promise<void> {
    if (job.status === 'validating_files') return this.validation.run(job, claim, surroundings);
    if (job.progress === null && job.queuedAt !== null) {
      this.metrics.queueSeconds.observe(Math.max(0, Date.now() - job.queuedAt.getTime()) / 1000);
    }
    return this.training.run(job, claim, surroundings);
  }

  /** What an error means for the job; a job that was changed meanwhile keeps what it was changed to. */
  private async settle(
    error: unknown,
    { job, claim, shutdown }: { job: FineTuningJob; claim: Claim; shutdown: AbortSignal },
  ): Promise<void> {
    const failure = failureOf(error);
    const id = toPublicId('ftjob', job.id);
    if (failure.kind !== 'changed') this.metrics.runFailures.inc({ code: failure.error.code });
    if (failure.isFault)
      this.log.warn(`${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (failure.kind === 'changed') {
      if (shutdown.aborted && job.status === 'running') await this.changeIfOpen(claim, { status: 'queued' }, []);
      return;
    }
    const { failures } = await patiently(() => this.claims.require(claim)); // a checkpoint of this run has set it back
    if (failure.kind === 'final' || failures >= MAX_FAILURES) return this.fail(claim, failure, error);
    const message = `The run ended without a result (${failure.error.code}) and is tried again from its last checkpoint`;
    const status = job.status === 'validating_files' ? 'validating_files' : 'queued';
    await sleep(AGAIN_MS * (failures + 1));
    const isItsOwn = failure.error.code !== 'database_unavailable'; // no run can do anything about that
    await this.changeIfOpen(claim, { status, failures: failures + Number(isItsOwn) }, [{ level: 'warn', message }]);
  }

  private async fail(claim: Claim, { error }: Pick<Failure, 'error'>, cause: unknown): Promise<void> {
    const data = cause instanceof UnusableDataError ? { faults: cause.card.faults } : await this.lastGood(claim);
    const event: NewJobEvent = {
      level: 'error',
      message: `The job failed: ${error.message}`,
      data: JSON.parse(JSON.stringify({ code: error.code, ...data })) as JsonObject,
    };
    await this.changeIfOpen(claim, { status: 'failed', error, finishedAt: new Date() }, [event]);
  }

  /** The checkpoint that a failed run has left, for whoever looks for the reason. */
  private async lastGood({ tenantId, jobId }: Claim): Promise<JsonObject> {
    const last = await patiently(() => this.checkpoints.latest(tenantId, jobId));
    return last ? { checkpoint: toPublicId('ftckpt', last.id), checkpoint_step: last.step } : {};
  }

  private giveUp(claim: Claim): Promise<void> {
    const message = `The service failed to run this job: its runs died ${MAX_FAILURES + 1} times without a checkpoint between`;
    return this.fail(claim, { error: { code: 'run_died', message, param: null } }, undefined);
  }

  private async changeIfOpen(claim: Claim, set: Partial<FineTuningJob>, events: readonly NewJobEvent[]): Promise<void> {
    try {
      await patiently(() => this.claims.change(claim, OPEN_STATUSES, { set, events }));
    } catch (error) {
      if (failureOf(error).kind !== 'changed') throw error; // else a caller was faster
    }
  }

  private async release(claim: Claim): Promise<void> {
    try {
      const { status } = await patiently(() => this.claims.require(claim));
      if (hasEnded(status)) await patiently(() => this.checkpoints.removeAll(claim.tenantId, claim.jobId));
      await patiently(() => this.claims.release(claim));
    } catch (error) {
      this.log.warn(`${claim.jobId}: the claim was not given up: ${String(error)}`);
    }
  }
}

function patiently<T>(work: () => Promise<T>): Promise<T> {
  return whileAway(work, AbortSignal.timeout(PATIENCE_MS));
}
