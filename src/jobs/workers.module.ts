import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { RegistryModule } from '../registry/registry.module.js';
import { baseDirectory } from '../serving/base-directory.js';
import { BASE_DIRECTORY } from './base-directory.js';
import { ChildrenModule } from './children.module.js';
import { DataValidation } from './data-validation.js';
import { FineTuningProcessor } from './fine-tuning.processor.js';
import { FitRun } from './fits/fit-run.service.js';
import { JobDatasets } from './job-datasets.service.js';
import { JobLookout } from './job-lookout.js';
import { JobRunner } from './job-runner.js';
import { JobsModule } from './jobs.module.js';
import { MaintenanceModule } from './maintenance.module.js';
import { SquadVersions } from './squad-versions.js';
import { TrainingRun } from './training-run.js';

/** What works on the queues. */
@Module({
  imports: [ChildrenModule, JobsModule, MaintenanceModule, RegistryModule],
  providers: [
    DataValidation,
    FineTuningProcessor,
    FitRun,
    JobDatasets,
    JobLookout,
    JobRunner,
    SquadVersions,
    TrainingRun,
    { provide: BASE_DIRECTORY, inject: [CONFIG], useFactory: (config: Config) => baseDirectory(config) },
  ],
})
export class WorkersModule {}
