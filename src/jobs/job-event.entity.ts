import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';

export type JobEvent = Row<JobEventEntity>;

/** What happened to a job, numbered from 1. */
@Entity('fine_tuning_events')
export class JobEventEntity {
  @PrimaryColumn('uuid', { name: 'job_id' })
  jobId!: string;

  @PrimaryColumn('integer')
  number!: number;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  level!: 'info' | 'warn' | 'error';

  @Column('text')
  type!: 'message' | 'metrics';

  @Column('text')
  message!: string;

  @Column('jsonb', { nullable: true })
  data!: Readonly<Record<string, unknown>> | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
