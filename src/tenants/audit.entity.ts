import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('audit')
export class AuditEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('uuid', { name: 'tenant_id', nullable: true })
  tenantId!: string | null;

  @Column('uuid', { name: 'key_id', nullable: true })
  keyId!: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  requestId!: string | null;

  @Column('text')
  action!: string;

  @Column('text')
  target!: string;

  @Column('jsonb')
  details!: Record<string, unknown>;

  @Column('timestamptz')
  at!: Date;
}
