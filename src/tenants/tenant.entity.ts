import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Row } from '../database/row.js';

export type Tenant = Row<TenantEntity>;

@Entity('tenants')
export class TenantEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('boolean', { name: 'is_suspended' })
  isSuspended!: boolean;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
