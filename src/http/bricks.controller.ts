import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { BrickLibrary } from '../registry/grants/brick-library.service.js';
import { Answers } from './answers.js';
import { brickView } from './grant-views.js';
import { TenantMay } from './permission.js';
import { TenantId } from './request-context.js';
import { PageQuery } from './schemas/admin.js';
import { BrickList } from './schemas/grants.js';
import { listView, pageRequest } from './views.js';

@Controller('v1/bricks')
@ApiTags('compositions')
@TenantMay('read')
export class BricksController {
  constructor(private readonly library: BrickLibrary) {}

  @Get()
  @ApiOperation({ summary: 'What you may compose: your adapters and those granted to you, in order of name' })
  @Answers(BrickList)
  async list(@TenantId() tenant: string, @Query({ schema: PageQuery }) query: z.output<typeof PageQuery>) {
    return { tenant, ...listView(await this.library.list(tenant, pageRequest(query)), brickView) };
  }
}
