import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Digest } from '../common/digest.js';
import { GrantsService } from '../registry/grants/grants.service.js';
import type { Actor } from '../tenants/principal.js';
import { Answers } from './answers.js';
import { grantView } from './grant-views.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import { DeletedResponse } from './schemas/admin.js';
import { TimePageQuery } from './schemas/files.js';
import { CreateGrantRequest, GrantResponse } from './schemas/grants.js';
import { listSchema } from './schemas/list.js';
import { deletedView, listView } from './views.js';

@Controller('v1/grants')
@ApiTags('compositions')
@TenantMay('read')
export class GrantsController {
  constructor(private readonly grants: GrantsService) {}

  @Post()
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'Let another tenant put an adapter of yours into its compositions' })
  @Answers(GrantResponse)
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: CreateGrantRequest }) body: z.output<typeof CreateGrantRequest>,
    @CurrentActor() actor: Actor,
  ) {
    const { adapter, version, tenant } = body;
    const grant = { adapter, digest: version as Digest | undefined, granteeId: tenant };
    return grantView(await this.grants.create(tenantId, grant, actor));
  }

  @Get()
  @ApiOperation({ summary: 'Your grants, newest first' })
  @Answers(listSchema('GrantList', GrantResponse))
  async list(@TenantId() tenantId: string, @Query({ schema: TimePageQuery }) query: z.output<typeof TimePageQuery>) {
    return listView(await this.grants.given(tenantId, query), grantView);
  }

  @Delete(':grant')
  @TenantMay('write')
  @ApiOperation({ summary: 'Revoke a grant: requests that come later are refused' })
  @Answers(DeletedResponse)
  async revoke(@TenantId() tenantId: string, @Param('grant') grantId: string, @CurrentActor() actor: Actor) {
    await this.grants.revoke(tenantId, grantId, actor);
    return deletedView('grant', grantId);
  }
}
