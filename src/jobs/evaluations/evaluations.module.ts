import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ServingModule } from '../../serving/serving.module.js';
import { TenantsModule } from '../../tenants/tenants.module.js';
import { JobsModule } from '../jobs.module.js';
import { EvaluationClaims } from './evaluation-claims.js';
import { EVALUATIONS, EvaluationQueue } from './evaluation-queue.js';
import { EvaluationEntity } from './evaluation.entity.js';
import { EvaluationsService } from './evaluations.service.js';

/** Evaluations as their callers see them; needs a QueueModule. */
@Module({
  imports: [
    BullModule.registerQueue({ name: EVALUATIONS }),
    TypeOrmModule.forFeature([EvaluationEntity]),
    JobsModule,
    ServingModule,
    TenantsModule,
  ],
  providers: [EvaluationClaims, EvaluationQueue, EvaluationsService],
  exports: [EvaluationClaims, EvaluationQueue, EvaluationsService],
})
export class EvaluationsModule {}
