import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { ResidencyService } from '../../serving/residency.service.js';
import { Answers } from '../answers.js';
import { AdminOnly } from '../permission.js';
import { PinRequest, ResidencyResponse } from '../schemas/admin.js';

@Controller('admin/residency')
@ApiTags('admin')
@AdminOnly()
export class ResidencyController {
  constructor(private readonly residency: ResidencyService) {}

  @Get()
  @ApiOperation({ summary: 'Bytes of each tier, and the bricks in the pool' })
  @Answers(ResidencyResponse)
  view() {
    return this.residency.view();
  }

  @Post('pins')
  @HttpCode(200)
  @ApiOperation({ summary: "Load a tenant's model and keep it in the pool" })
  @Answers(ResidencyResponse)
  pin(@Body({ schema: PinRequest }) { tenant, model }: z.output<typeof PinRequest>) {
    return this.residency.pin(tenant, model);
  }

  @Delete('pins/:id')
  @ApiOperation({ summary: 'Let a brick be dropped again' })
  @Answers(ResidencyResponse)
  unpin(@Param('id') id: string) {
    return this.residency.unpin(id);
  }

  @Delete('bricks/:id')
  @ApiOperation({ summary: 'Drop a brick from the pool; refused while it is leased or pinned' })
  @Answers(ResidencyResponse)
  evict(@Param('id') id: string) {
    return this.residency.evict(id);
  }
}
