import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ServingModule } from '../serving/serving.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { AuthGuard } from './auth.guard.js';
import { ErrorFilter } from './error.filter.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** What a process without the API answers: its health and its metrics. */
@Module({
  imports: [ServingModule, TenantsModule],
  controllers: [HealthController],
  providers: [Readiness, { provide: APP_GUARD, useClass: AuthGuard }, { provide: APP_FILTER, useClass: ErrorFilter }],
  exports: [Readiness],
})
export class WorkerHttpModule {}
