import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from '../database/transformers.js';

@Entity('quotas')
export class QuotasEntity {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId!: string;

  @Column('double precision', { name: 'requests_per_second', nullable: true })
  requestsPerSecond!: number | null;

  @Column('double precision', { name: 'tokens_per_second', nullable: true })
  tokensPerSecond!: number | null;

  @Column('integer', { name: 'concurrent_requests', nullable: true })
  concurrentRequests!: number | null;

  @Column('bigint', { name: 'adapter_bytes', nullable: true, transformer: bigintAsNumber })
  adapterBytes!: number | null;

  @Column('integer', { name: 'adapter_count', nullable: true })
  adapterCount!: number | null;
}
