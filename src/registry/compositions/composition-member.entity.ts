import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Digest } from '../../common/digest.js';

/** One version that a composition is made of. */
@Entity('composition_members')
export class CompositionMemberEntity {
  @PrimaryColumn('uuid', { name: 'composition_id' })
  compositionId!: string;

  @PrimaryColumn('text', { name: 'composition_digest' })
  compositionDigest!: Digest;

  @Column('uuid', { name: 'tenant_id' })
  tenantId!: string;

  /** Whose version the member is. */
  @Column('uuid', { name: 'owner_id' })
  ownerId!: string;

  @PrimaryColumn('uuid', { name: 'adapter_id' })
  adapterId!: string;

  @PrimaryColumn('text')
  digest!: Digest;
}
