import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('tenants')
export class Tenant {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('boolean', { name: 'is_suspended' })
  isSuspended!: boolean;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
