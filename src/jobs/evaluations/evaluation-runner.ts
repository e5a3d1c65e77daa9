import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ClaimWatch } from '../claim-watch.js';
import { failureOf, MAX_FAILURES } from '../failure.js';
import type { JobError } from '../fine-tuning-job.entity.js';
import type { Claim } from '../row-claims.js';
import { WorkDirectories } from '../work-directories.js';
import { JobNotices } from '../job-notices.js';
import { EvaluationClaims } from './evaluation-claims.js';
import { EvaluationRun } from './evaluation-run.js';
import type { Evaluation } from './evaluation.entity.js';

const AGAIN_MS = 1_000;

/** Does a claimed evaluation, and gives the claim up however that ends. */
@Injectable()
export class EvaluationRunner {
  private readonly log = new Logger('Evaluations');

  constructor(
    private readonly claims: EvaluationClaims,
    private readonly notices: JobNotices,
    private readonly evaluation: EvaluationRun,
    private readonly directories: WorkDirectories,
  ) {}

  /** @param shutdown  aborted when this process stops; the evaluation goes back to the queue */
  async run(claim: Claim, shutdown: AbortSignal): Promise<void> {
    const evaluation = await this.claims.require(claim);
    const { claims, notices } = this;
    const onTrouble = (error: unknown): void => this.log.warn(`${claim.jobId}: no sign of life: ${String(error)}`);
    const watch = new ClaimWatch({ claims, notices, claim, status: 'running', shutdown, onTrouble });
    try {
      const directory = await this.directories.make(claim.claimId);
      if (evaluation.failures > MAX_FAILURES) await this.fail(claim, RUN_DIED);
      else await this.evaluation.run(evaluation, claim, { directory, watch });
    } catch (error) {
      await this.settle(error, evaluation, { claim, shutdown });
    } finally {
      await watch.close();
      await this.directories.remove(claim.claimId);
      await this.release(claim);
    }
  }

  /** What an error means; an evaluation that was cancelled meanwhile stays so. */
  private async settle(
    cause: unknown,
    { failures }: Evaluation,
    { claim, shutdown }: { claim: Claim; shutdown: AbortSignal },
  ): Promise<void> {
    const { kind, error, isFault } = failureOf(cause);
    if (isFault) this.log.warn(`${claim.jobId}: ${cause instanceof Error ? (cause.stack ?? '') : String(cause)}`);
    if (kind === 'changed') {
      if (shutdown.aborted) await this.changeIfOpen(claim, { status: 'queued' });
    } else if (kind === 'again' && failures < MAX_FAILURES) {
      await sleep(AGAIN_MS * (failures + 1));
      await this.changeIfOpen(claim, { status: 'queued', failures: failures + 1 });
    } else await this.fail(claim, error);
  }

  private fail(claim: Claim, error: JobError): Promise<void> {
    return this.changeIfOpen(claim, { status: 'failed', error, finishedAt: new Date() });
  }

  private async changeIfOpen(claim: Claim, set: Partial<Evaluation>): Promise<void> {
    try {
      await this.claims.change(claim, set);
    } catch (error) {
      if (failureOf(error).kind !== 'changed') throw error; // else a caller was faster
    }
  }

  /** Should the database be away the claim runs out by itself. */
  private async release(claim: Claim): Promise<void> {
    await this.claims
      .release(claim)
      .catch((error: unknown) => this.log.warn(`${claim.jobId}: the claim was not given up: ${String(error)}`));
  }
}

const RUN_DIED: JobError = {
  code: 'run_died',
  message: `The service failed to run this evaluation: its runs died ${MAX_FAILURES + 1} times`,
  param: null,
};
