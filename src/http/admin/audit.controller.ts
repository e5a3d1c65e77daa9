import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { AuditService } from '../../tenants/audit.service.js';
import { Answers } from '../answers.js';
import { AdminOnly } from '../permission.js';
import { AuditQuery, AuditResponse } from '../schemas/admin.js';
import { listSchema } from '../schemas/list.js';
import { auditView, listView, pageRequest } from '../views.js';

@Controller('admin/audit')
@ApiTags('admin')
@AdminOnly()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, newest first' })
  @Answers(listSchema('AuditList', AuditResponse))
  async list(@Query({ schema: AuditQuery }) query: z.output<typeof AuditQuery>) {
    return listView(await this.audit.list({ tenantId: query.tenant, ...pageRequest(query) }), auditView);
  }
}
