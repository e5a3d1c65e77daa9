import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Actor } from '../../tenants/principal.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { Answers } from '../answers.js';
import { AdminOnly } from '../permission.js';
import { CurrentActor } from '../request-context.js';
import {
  CreateTenantRequest,
  DeletedResponse,
  PageQuery,
  TenantResponse,
  UpdateTenantRequest,
} from '../schemas/admin.js';
import { listSchema } from '../schemas/list.js';
import { deletedView, listView, pageRequest, tenantView } from '../views.js';

@Controller('admin/tenants')
@ApiTags('admin')
@AdminOnly()
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Post()
  @ApiOperation({ summary: 'A new tenant, without keys' })
  @Answers(TenantResponse, 201)
  async create(
    @Body({ schema: CreateTenantRequest }) body: z.output<typeof CreateTenantRequest>,
    @CurrentActor() actor: Actor,
  ) {
    return tenantView(await this.tenants.create(body, actor));
  }

  @Get()
  @ApiOperation({ summary: 'Tenants in order of name' })
  @Answers(listSchema('TenantList', TenantResponse))
  async list(@Query({ schema: PageQuery }) query: z.output<typeof PageQuery>) {
    return listView(await this.tenants.list(pageRequest(query)), tenantView);
  }

  @Get(':tenant')
  @ApiOperation({ summary: 'One tenant' })
  @Answers(TenantResponse)
  async get(@Param('tenant') tenant: string) {
    return tenantView(await this.tenants.require(tenant));
  }

  @Patch(':tenant')
  @ApiOperation({ summary: 'Suspend or resume: keys of a suspended tenant are refused' })
  @Answers(TenantResponse)
  async update(
    @Param('tenant') tenant: string,
    @Body({ schema: UpdateTenantRequest }) body: z.output<typeof UpdateTenantRequest>,
    @CurrentActor() actor: Actor,
  ) {
    return tenantView(await this.tenants.setSuspended(tenant, body.suspended, actor));
  }

  @Delete(':tenant')
  @ApiOperation({ summary: 'Delete a tenant that has no adapters, with its keys' })
  @Answers(DeletedResponse)
  async delete(@Param('tenant') tenant: string, @CurrentActor() actor: Actor) {
    await this.tenants.delete(tenant, actor);
    return deletedView('tenant', tenant);
  }
}
