import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';

export type AdapterRow = Row<AdapterEntity>;

@Entity('adapters')
export class AdapterEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  name!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
