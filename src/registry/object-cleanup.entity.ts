import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../common/digest.js';

@Entity('object_cleanups')
export class ObjectCleanupEntity {
  @PrimaryColumn('uuid', { name: 'import_id' })
  importId!: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  /** Of an import; null where `prefix` says where the objects lie. */
  @Column('text', { nullable: true })
  digest!: Digest | null;

  @Column('text', { nullable: true })
  prefix!: string | null;

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;
}
