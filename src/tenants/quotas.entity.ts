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

  @Column('bigint', { name: 'file_bytes', nullable: true, transformer: bigintAsNumber })
  fileBytes!: number | null;

  /** Training at the same time; further jobs wait. */
  @Column('integer', { name: 'training_jobs', nullable: true })
  trainingJobs!: number | null;

  /** Not ended: waiting, paused and running; more are refused. */
  @Column('integer', { name: 'queued_jobs', nullable: true })
  queuedJobs!: number | null;
}
