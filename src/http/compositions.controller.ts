import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { CompositionsService } from '../registry/compositions/compositions.service.js';
import type { Actor } from '../tenants/principal.js';
import { Answers } from './answers.js';
import { compositionNameView } from './composition-views.js';
import { CompositionRequests } from './composition-requests.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import { AdapterResponse } from './schemas/adapters.js';
import { DeletedResponse, PageQuery } from './schemas/admin.js';
import * as schemas from './schemas/compositions.js';
import { listSchema } from './schemas/list.js';
import { deletedView, listView, pageRequest } from './views.js';

@Controller('v1/compositions')
@ApiTags('compositions')
@TenantMay('read')
export class CompositionsController {
  constructor(
    private readonly requests: CompositionRequests,
    private readonly compositions: CompositionsService,
  ) {}

  @Post()
  @TenantMay('write')
  @ApiOperation({ summary: 'Several bricks as one model: a version that names them; or, dry, what it would be' })
  @ApiResponse({ status: 200, standardSchema: schemas.CompositionPlanResponse as never, description: 'A dry run' })
  @Answers(schemas.CompositionResponse, 201)
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: schemas.CreateCompositionRequest }) body: z.output<typeof schemas.CreateCompositionRequest>,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    void reply.status(body.dry_run ? 200 : 201);
    return this.requests.create(tenantId, body, actor);
  }

  @Get()
  @ApiOperation({ summary: 'Compositions and their aliases, in order of name' })
  @Answers(listSchema('CompositionList', AdapterResponse.extend({ object: schemas.CompositionResponse.shape.object })))
  async list(@TenantId() tenantId: string, @Query({ schema: PageQuery }) query: z.output<typeof PageQuery>) {
    return listView(await this.compositions.list(tenantId, pageRequest(query)), compositionNameView);
  }

  @Get(':name')
  @ApiOperation({ summary: 'What a composition is made of: name, name@alias or name@sha256:…' })
  @Answers(schemas.CompositionResponse)
  get(@TenantId() tenantId: string, @Param('name') name: string) {
    return this.requests.get(tenantId, name);
  }

  @Post(':name/extract')
  @TenantMay('write')
  @ApiOperation({
    summary: "One task's part of a squad as a composition of its own, with fewer bytes; or, dry, what it would be",
  })
  @ApiResponse({ status: 200, standardSchema: schemas.ExtractionPlanResponse as never, description: 'A dry run' })
  @Answers(schemas.CompositionResponse, 201)
  async extract(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Body({ schema: schemas.ExtractRequest }) body: z.output<typeof schemas.ExtractRequest>,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    void reply.status(body.dry_run ? 200 : 201);
    return this.requests.extract(tenantId, name, body, actor);
  }

  @Delete(':name')
  @TenantMay('write')
  @ApiOperation({ summary: 'Delete a composition (name), an alias (name@alias) or a version (name@sha256:…)' })
  @Answers(DeletedResponse)
  async delete(@TenantId() tenantId: string, @Param('name') name: string, @CurrentActor() actor: Actor) {
    await this.requests.delete(tenantId, name, actor);
    return deletedView('composition', name);
  }
}
