import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../common/digest.js';
import type { Row } from '../database/row.js';

export const DATASET_PARTS = ['train', 'validation', 'test'] as const;
export type DatasetPart = (typeof DATASET_PARTS)[number];

/** One prepared file; a part may be empty. */
export interface StoredPart {
  readonly bytes: number;
  readonly sha256: string;
}

export type Dataset = Row<DatasetEntity>;

/** What one file became under one recipe: checked, without duplicates, and split once and for all. */
@Entity('datasets')
export class DatasetEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('uuid', { name: 'file_id' })
  fileId!: string;

  @Column('uuid', { name: 'validation_file_id', nullable: true })
  validationFileId!: string | null;

  @Column('text')
  recipe!: string;

  @Column('text')
  digest!: Digest;

  @Column('jsonb')
  parts!: Readonly<Partial<Record<DatasetPart, StoredPart>>>;

  @Column('jsonb')
  card!: Readonly<Record<string, unknown>>;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
