import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JsonObject } from '../../common/json.js';
import type { Row } from '../../database/row.js';
import type { JobError } from '../fine-tuning-job.entity.js';
import type { EvaluationRequest } from './evaluation-request.js';

export const EVALUATION_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type EvaluationStatus = (typeof EVALUATION_STATUSES)[number];

export type Evaluation = Row<EvaluationEntity>;

/**
 * An evaluation: queued → running → succeeded | failed; both → cancelled. As with jobs this row is the truth, and whoever
 * works on it holds a claim that is believed until `leaseUntil`. One that lost its worker starts again from its first row.
 */
@Entity('evaluations')
export class EvaluationEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  status!: EvaluationStatus;

  /** As asked. */
  @Column('text')
  model!: string;

  /** Digests of what answers, with commas between. */
  @Column('text')
  version!: string;

  /** The file, or the one that the job's data set was made of: it stays while the evaluation is open. */
  @Column('uuid', { name: 'file_id' })
  fileId!: string;

  @Column('jsonb')
  request!: EvaluationRequest;

  @Column('jsonb')
  metadata!: Readonly<Record<string, string>>;

  /** The figures of all rows together. */
  @Column('jsonb', { nullable: true })
  metrics!: Readonly<Record<string, number>> | null;

  /** Everything, also by label and slice; it may be large, so lists do not read it. */
  @Column('jsonb', { nullable: true, select: false })
  report?: JsonObject | null;

  @Column('jsonb', { nullable: true })
  progress!: { readonly rows: number } | null;

  @Column('jsonb', { nullable: true })
  error!: JobError | null;

  @Column('uuid', { name: 'claim_id', nullable: true })
  claimId!: string | null;

  @Column('timestamptz', { name: 'lease_until', nullable: true })
  leaseUntil!: Date | null;

  /** Runs that died. */
  @Column('integer')
  failures!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
