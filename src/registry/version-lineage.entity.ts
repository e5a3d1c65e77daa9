import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../common/digest.js';
import type { Row } from '../database/row.js';
import { bigintAsNumber } from '../database/transformers.js';

export type VersionLineage = Row<VersionLineageEntity>;

/** What a version was made from, and how. */
@Entity('version_lineage')
export class VersionLineageEntity {
  @PrimaryColumn('uuid', { name: 'adapter_id' })
  adapterId!: string;

  @PrimaryColumn('text')
  digest!: Digest;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('uuid', { name: 'job_id' })
  jobId!: string;

  @Column('text', { name: 'base_digest' })
  baseDigest!: string;

  /** Null: made of other versions alone. */
  @Column('text', { name: 'dataset_digest', nullable: true })
  datasetDigest!: Digest | null;

  /** Rows and digest of each part. */
  @Column('jsonb')
  split!: Readonly<Record<string, unknown>>;

  @Column('bigint', { transformer: bigintAsNumber })
  seed!: number;

  @Column('jsonb')
  hyperparameters!: Readonly<Record<string, unknown>>;

  @Column('text', { name: 'code_version' })
  codeVersion!: string;

  @Column('jsonb')
  metrics!: Readonly<Record<string, unknown>>;

  /** `name@sha256:…`; null: the base. */
  @Column('text', { name: 'parent_model', nullable: true })
  parentModel!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
