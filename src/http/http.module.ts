import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { EvaluationsModule } from '../jobs/evaluations/evaluations.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { ServingModule } from '../serving/serving.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { AdapterImportService } from './adapter-import.service.js';
import { AuthGuard } from './auth.guard.js';
import { CompositionRequests } from './composition-requests.js';
import { CONTROLLERS } from './controllers.js';
import { ErrorFilter } from './error.filter.js';
import { FileUploadService } from './file-upload.service.js';
import { JobEventStream } from './job-event-stream.js';
import { ModelsService } from './models.service.js';
import { Readiness } from './readiness.js';
import { ValidationPipe } from './validation.js';

/** Every route, behind one guard, one pipe and one filter. */
@Module({
  imports: [ServingModule, RegistryModule, TenantsModule, JobsModule, EvaluationsModule],
  controllers: [...CONTROLLERS],
  providers: [
    Readiness,
    AdapterImportService,
    CompositionRequests,
    FileUploadService,
    JobEventStream,
    ModelsService,
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_PIPE, useClass: ValidationPipe },
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
  exports: [Readiness],
})
export class HttpModule {}
