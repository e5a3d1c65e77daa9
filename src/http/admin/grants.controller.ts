import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Digest } from '../../common/digest.js';
import { GrantsService } from '../../registry/grants/grants.service.js';
import type { Actor } from '../../tenants/principal.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { Answers } from '../answers.js';
import { adminGrantView } from '../grant-views.js';
import { AdminOnly } from '../permission.js';
import { CurrentActor } from '../request-context.js';
import { DeletedResponse } from '../schemas/admin.js';
import { AdminCreateGrantRequest, AdminGrantResponse, GrantsQuery } from '../schemas/grants.js';
import { listSchema } from '../schemas/list.js';
import { deletedView, listView } from '../views.js';

@Controller('admin/grants')
@ApiTags('admin')
@AdminOnly()
export class AdminGrantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly grants: GrantsService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a tenant put an adapter of another one into its compositions' })
  @Answers(AdminGrantResponse)
  async create(
    @Body({ schema: AdminCreateGrantRequest }) body: z.output<typeof AdminCreateGrantRequest>,
    @CurrentActor() actor: Actor,
  ) {
    const { owner, adapter, version, tenant } = body;
    const { id } = await this.tenants.require(owner);
    const grant = { adapter, digest: version as Digest | undefined, granteeId: tenant };
    return adminGrantView(await this.grants.create(id, grant, actor));
  }

  @Get()
  @ApiOperation({ summary: 'Grants of all tenants, or those that one gave or was given, newest first' })
  @Answers(listSchema('AdminGrantList', AdminGrantResponse))
  async list(@Query({ schema: GrantsQuery }) { tenant: tenantId, ...page }: z.output<typeof GrantsQuery>) {
    return listView(await this.grants.all({ tenantId, ...page }), adminGrantView);
  }

  @Delete(':grant')
  @ApiOperation({ summary: 'Revoke a grant: requests that come later are refused' })
  @Answers(DeletedResponse)
  async revoke(@Param('grant') grantId: string, @CurrentActor() actor: Actor) {
    await this.grants.revokeAny(grantId, actor);
    return deletedView('grant', grantId);
  }
}
