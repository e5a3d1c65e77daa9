import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { EvaluationsService } from '../jobs/evaluations/evaluations.service.js';
import type { Actor } from '../tenants/principal.js';
import { Answers } from './answers.js';
import { evaluationSummaryView, evaluationView } from './evaluation-views.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import * as schemas from './schemas/evaluations.js';
import { TimePageQuery } from './schemas/files.js';
import { listSchema } from './schemas/list.js';
import { listView } from './views.js';

@Controller('v1/evaluations')
@ApiTags('evaluations')
@TenantMay('read')
export class EvaluationsController {
  constructor(private readonly evaluations: EvaluationsService) {}

  @Post()
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({
    summary: 'Measure how well a model answers the rows of a file or of a held-out split, in the background',
  })
  @Answers(schemas.EvaluationResponse)
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: schemas.CreateEvaluationRequest }) body: z.output<typeof schemas.CreateEvaluationRequest>,
    @CurrentActor() actor: Actor,
  ) {
    const { bootstrap_samples: samples, masked_share: maskedShare, metadata, ...asked } = body;
    const { split, task } = asked;
    const evaluation = { ...asked, split, task, samples, maskedShare, metadata: metadata ?? {} };
    return evaluationView(await this.evaluations.create(tenantId, evaluation, actor));
  }

  @Get()
  @ApiOperation({ summary: 'Evaluations without their reports, newest first' })
  @Answers(listSchema('EvaluationList', schemas.EvaluationSummary))
  async list(@TenantId() tenantId: string, @Query({ schema: TimePageQuery }) query: z.output<typeof TimePageQuery>) {
    return listView(await this.evaluations.list(tenantId, query), evaluationSummaryView);
  }

  @Get(':evaluation')
  @ApiOperation({ summary: 'One evaluation with its report' })
  @Answers(schemas.EvaluationResponse)
  async get(@TenantId() tenantId: string, @Param('evaluation') evaluationId: string) {
    return evaluationView(await this.evaluations.require(tenantId, evaluationId));
  }

  @Post(':evaluation/cancel')
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'End an evaluation without a result' })
  @Answers(schemas.EvaluationResponse)
  async cancel(@TenantId() tenantId: string, @Param('evaluation') evaluationId: string, @CurrentActor() actor: Actor) {
    return evaluationView(await this.evaluations.cancel(tenantId, evaluationId, actor));
  }
}
