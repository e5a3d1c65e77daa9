import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';

export type TaskFile = Row<TaskFileEntity>;

/** What one task of a job reads, where each has a file of its own. */
@Entity('fine_tuning_task_files')
export class TaskFileEntity {
  @PrimaryColumn('uuid', { name: 'job_id' })
  jobId!: string;

  @PrimaryColumn('text')
  task!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  /** In the order of the request. */
  @Column('integer')
  position!: number;

  @Column('uuid', { name: 'training_file' })
  trainingFile!: string;

  @Column('uuid', { name: 'validation_file', nullable: true })
  validationFile!: string | null;

  /** Null until its files are validated. */
  @Column('uuid', { name: 'dataset_id', nullable: true })
  datasetId!: string | null;
}
