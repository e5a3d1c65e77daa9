import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../common/digest.js';

@Entity('adapter_aliases')
export class AdapterAliasEntity {
  @PrimaryColumn('uuid', { name: 'adapter_id' })
  adapterId!: string;

  @PrimaryColumn('text')
  name!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  digest!: Digest;

  @Column('timestamptz', { name: 'moved_at' })
  movedAt!: Date;
}
