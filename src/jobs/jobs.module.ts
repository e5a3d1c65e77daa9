import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RegistryModule } from '../registry/registry.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { CheckpointStore } from './checkpoint-store.js';
import { FineTuningJobEntity } from './fine-tuning-job.entity.js';
import { FitRequests } from './fits/fit-requests.service.js';
import { JobCheckpointEntity } from './job-checkpoint.entity.js';
import { JobClaims } from './job-claims.js';
import { JobEventEntity } from './job-event.entity.js';
import { JobNotices } from './job-notices.js';
import { JobsService } from './jobs.service.js';
import { TaskFileEntity } from './task-file.entity.js';
import { FINE_TUNING, TrainingQueue } from './training-queue.js';

export const JOB_ENTITIES = [FineTuningJobEntity, JobEventEntity, JobCheckpointEntity, TaskFileEntity];

/** Jobs as their callers see them; needs a QueueModule. */
@Module({
  imports: [
    BullModule.registerQueue({ name: FINE_TUNING }),
    TypeOrmModule.forFeature(JOB_ENTITIES),
    RegistryModule,
    TenantsModule,
  ],
  providers: [CheckpointStore, FitRequests, JobClaims, JobNotices, JobsService, TrainingQueue],
  exports: [CheckpointStore, FitRequests, JobClaims, JobNotices, JobsService, TrainingQueue],
})
export class JobsModule {}
