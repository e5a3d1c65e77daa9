import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../../common/digest.js';
import type { Row } from '../../database/row.js';

/** A tenant's word that another one may put an adapter of it into its compositions. */
export type Grant = Row<GrantEntity>;

@Entity('grants')
export class GrantEntity {
  @PrimaryColumn('uuid')
  id!: string;

  /** Whose adapter it is. */
  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text', { name: 'tenant_name' })
  tenantName!: string;

  @Column('uuid', { name: 'adapter_id' })
  adapterId!: string;

  @Column('text', { name: 'adapter_name' })
  adapterName!: string;

  /** The one version that is granted; null: every one. */
  @Column('text', { nullable: true })
  digest!: Digest | null;

  @Column('uuid', { name: 'grantee_id' })
  granteeId!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
