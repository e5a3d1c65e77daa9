import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { AuditService } from '../../tenants/audit.service.js';
import { Answers } from '../answers.js';
import { AdminOnly } from '../permission.js';
import { AuditQuery, AuditResponse } from '../schemas/admin.js';
import { listSchema } from '../schemas/list.js';
import { auditView, listView } from '../views.js';

@Controller('admin/audit')
@ApiTags('admin')
@AdminOnly()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, newest first' })
  @Answers(listSchema('AuditList', AuditResponse))
  async list(@Query({ schema: AuditQuery }) { tenant, limit, after }: z.output<typeof AuditQuery>) {
    const page = await this.audit.list({ tenantId: tenant, limit, ...(after !== undefined && { cursor: after }) });
    return listView(page, auditView);
  }
}
