import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';
import type { Digest } from '../common/digest.js';
import { bigintAsNumber } from '../database/transformers.js';
import type { AdapterSummary, StoredFile } from './adapter-version.js';

export type VersionRow = Row<AdapterVersionEntity>;

@Entity('adapter_versions')
export class AdapterVersionEntity {
  @PrimaryColumn('uuid', { name: 'adapter_id' })
  adapterId!: string;

  @PrimaryColumn('text')
  digest!: Digest;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  /** Names the prefix in the object store; see object-layout.ts. */
  @Column('uuid', { name: 'import_id' })
  importId!: string;

  @Column('bigint', { transformer: bigintAsNumber })
  bytes!: number;

  @Column('jsonb')
  summary!: AdapterSummary;

  @Column('jsonb')
  files!: readonly StoredFile[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
