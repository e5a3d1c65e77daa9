import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Actor } from '../../tenants/principal.js';
import { QuotasService, type Quotas } from '../../tenants/quotas.service.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { Answers } from '../answers.js';
import { AdminOnly } from '../permission.js';
import { CurrentActor } from '../request-context.js';
import { QuotasResponse, SetQuotasRequest } from '../schemas/admin.js';
import { quotasView } from '../views.js';

@Controller('admin/quotas')
@ApiTags('admin')
@AdminOnly()
export class QuotasController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly quotas: QuotasService,
  ) {}

  @Get(':tenant')
  @ApiOperation({ summary: 'What a tenant may use' })
  @Answers(QuotasResponse)
  async get(@Param('tenant') tenant: string) {
    const { id } = await this.tenants.require(tenant);
    return quotasView(id, await this.quotas.get(id));
  }

  @Put(':tenant')
  @ApiOperation({ summary: 'Change the bounds that are named; null takes one away' })
  @Answers(QuotasResponse)
  async set(
    @Param('tenant') tenant: string,
    @Body({ schema: SetQuotasRequest }) body: z.output<typeof SetQuotasRequest>,
    @CurrentActor() actor: Actor,
  ) {
    const { id } = await this.tenants.require(tenant);
    return quotasView(id, await this.quotas.set(id, changesOf(body), actor));
  }
}

function changesOf(body: z.output<typeof SetQuotasRequest>): Partial<Quotas> {
  const changes = {
    requestsPerSecond: body.requests_per_second,
    tokensPerSecond: body.tokens_per_second,
    concurrentRequests: body.concurrent_requests,
    adapterBytes: body.adapter_bytes,
    adapterCount: body.adapter_count,
    fileBytes: body.file_bytes,
    trainingJobs: body.training_jobs,
    queuedJobs: body.queued_jobs,
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
