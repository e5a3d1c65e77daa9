import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../tenants/principal.js';
import { Answers } from './answers.js';
import { ModelsService } from './models.service.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import { ModelList, ModelResponse } from './schemas/adapters.js';
import { DeletedResponse } from './schemas/admin.js';

@Controller('v1/models')
@ApiTags('models')
@TenantMay('read')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @ApiOperation({ summary: 'The base, and every adapter of this tenant' })
  @Answers(ModelList)
  list(@TenantId() tenantId: string) {
    return this.models.list(tenantId);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model by any name that requests may use' })
  @Answers(ModelResponse)
  get(@TenantId() tenantId: string, @Param('id') id: string) {
    return this.models.get(tenantId, id);
  }

  @Delete(':id')
  @TenantMay('write')
  @ApiOperation({ summary: 'Delete an adapter (name), an alias (name@alias) or a version (name@sha256:…)' })
  @Answers(DeletedResponse)
  delete(@TenantId() tenantId: string, @Param('id') id: string, @CurrentActor() actor: Actor) {
    return this.models.delete(tenantId, id, actor);
  }
}
