import { Module } from '@nestjs/common';
import { RegistryModule } from '../../registry/registry.module.js';
import { ServingModule } from '../../serving/serving.module.js';
import { ChildrenModule } from '../children.module.js';
import { JobsModule } from '../jobs.module.js';
import { EvaluationRows } from './evaluation-rows.js';
import { EvaluationRun } from './evaluation-run.js';
import { EvaluationRunner } from './evaluation-runner.js';
import { EvaluationsModule } from './evaluations.module.js';
import { EvaluationsProcessor } from './evaluations.processor.js';
import { ModelAsker } from './model-asker.js';

/** What works on evaluations, beside the engine that answers. */
@Module({
  imports: [ChildrenModule, EvaluationsModule, JobsModule, RegistryModule, ServingModule],
  providers: [EvaluationRows, EvaluationRun, EvaluationRunner, EvaluationsProcessor, ModelAsker],
})
export class EvaluationWorkersModule {}
