import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';
import { bigintAsNumber } from '../database/transformers.js';

export const FILE_PURPOSES = ['fine-tune', 'fine-tune-results', 'evals'] as const;
export type FilePurpose = (typeof FILE_PURPOSES)[number];

/** A file of a tenant: training data, or what a job wrote. Its content never changes. */
export type TenantFile = Row<FileEntity>;

@Entity('files')
export class FileEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  filename!: string;

  @Column('text')
  purpose!: FilePurpose;

  @Column('bigint', { transformer: bigintAsNumber })
  bytes!: number;

  /** 64 hexadecimal digits of the content. */
  @Column('text')
  sha256!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
