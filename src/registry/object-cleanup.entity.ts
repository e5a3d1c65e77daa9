import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../common/digest.js';

@Entity('object_cleanups')
export class ObjectCleanupEntity {
  @PrimaryColumn('uuid', { name: 'import_id' })
  importId!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('text')
  digest!: Digest;

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;
}
