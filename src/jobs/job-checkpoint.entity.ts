import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';
import { bigintAsNumber } from '../database/transformers.js';

export type JobCheckpoint = Row<JobCheckpointEntity>;

/** A state of a run from which it can go on, on any machine while its objects are kept. */
@Entity('fine_tuning_checkpoints')
export class JobCheckpointEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('uuid', { name: 'job_id' })
  jobId!: string;

  @Column('integer')
  step!: number;

  @Column('jsonb')
  metrics!: Readonly<Record<string, number>>;

  @Column('bigint', { transformer: bigintAsNumber })
  bytes!: number;

  /** Paths below the checkpoint's directory; null once its objects are gone. */
  @Column('jsonb', { nullable: true })
  files!: readonly string[] | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
