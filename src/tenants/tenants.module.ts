import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenantDb } from '../database/tenant-db.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { AuditEntity } from './audit.entity.js';
import { AuditService } from './audit.service.js';
import { Authenticator } from './authenticator.js';
import { KeysService } from './keys.service.js';
import { QuotasEntity } from './quotas.entity.js';
import { QuotasService } from './quotas.service.js';
import { TenantEntity } from './tenant.entity.js';
import { TenantsService } from './tenants.service.js';

export const TENANT_ENTITIES = [TenantEntity, ApiKeyEntity, QuotasEntity, AuditEntity];

@Module({
  imports: [TypeOrmModule.forFeature(TENANT_ENTITIES)],
  providers: [
    AuditService,
    KeysService,
    TenantsService,
    // Those with a clock: its default is the system's.
    { provide: Authenticator, inject: [TenantDb], useFactory: (db: TenantDb) => new Authenticator(db) },
    {
      provide: QuotasService,
      inject: [TenantDb, AuditService],
      useFactory: (db: TenantDb, audit: AuditService) => new QuotasService(db, audit),
    },
  ],
  exports: [AuditService, Authenticator, KeysService, QuotasService, TenantsService],
})
export class TenantsModule {}
