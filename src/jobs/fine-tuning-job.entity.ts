import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';
import { bigintAsNumber } from '../database/transformers.js';
import type { JobRequest } from './job-request.js';
import type { JobStatus } from './job-status.js';

export type FineTuningJob = Row<FineTuningJobEntity>;

/** Why a job failed, as OpenAI's clients read it. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

/** How far a run has come. */
export interface JobProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number | null;
  readonly tokensPerSecond: number | null;
  /** When it will be done at this pace, in milliseconds since the epoch. */
  readonly endsAtMs: number | null;
}

/**
 * A fine-tuning job: validating_files → queued → running → succeeded; any of the three → failed | cancelled | paused, and
 * paused → queued (or validating_files, when its data are not prepared yet). This row is the truth; queue entries only
 * say that there is something to do. Whoever works on it holds a claim, believed until `leaseUntil`.
 */
@Entity('fine_tuning_jobs')
export class FineTuningJobEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  status!: JobStatus;

  @Column('jsonb')
  request!: JobRequest;

  @Column('jsonb')
  metadata!: Readonly<Record<string, string>>;

  /** Null: the job reads no rows, and is queued from the start. */
  @Column('uuid', { name: 'training_file', nullable: true })
  trainingFile!: string | null;

  @Column('uuid', { name: 'validation_file', nullable: true })
  validationFile!: string | null;

  /** `name@sha256:…` of the version that training goes on from; null: the base. */
  @Column('text', { name: 'parent_model', nullable: true })
  parentModel!: string | null;

  @Column('text', { name: 'adapter_name' })
  adapterName!: string;

  @Column('uuid', { name: 'dataset_id', nullable: true })
  datasetId!: string | null;

  /** Queued jobs of equal keys may train in one batch; null: trains alone. Never shown. */
  @Column('text', { name: 'together_key', nullable: true })
  togetherKey!: string | null;

  @Column('text', { name: 'fine_tuned_model', nullable: true })
  fineTunedModel!: string | null;

  @Column('bigint', { name: 'trained_tokens', nullable: true, transformer: bigintAsNumber })
  trainedTokens!: number | null;

  @Column('jsonb', { nullable: true })
  metrics!: Readonly<Record<string, unknown>> | null;

  /** Ids of files that the job wrote; they may be deleted since. */
  @Column('jsonb', { name: 'result_files' })
  resultFiles!: readonly string[];

  @Column('jsonb', { nullable: true })
  progress!: JobProgress | null;

  @Column('jsonb', { nullable: true })
  error!: JobError | null;

  @Column('integer', { name: 'event_count' })
  eventCount!: number;

  @Column('uuid', { name: 'claim_id', nullable: true })
  claimId!: string | null;

  @Column('timestamptz', { name: 'lease_until', nullable: true })
  leaseUntil!: Date | null;

  @Column('timestamptz', { name: 'claimed_at', nullable: true })
  claimedAt!: Date | null;

  /** Runs that died since the last checkpoint. */
  @Column('integer')
  failures!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'queued_at', nullable: true })
  queuedAt!: Date | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
