import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { JobsService } from '../jobs/jobs.service.js';
import type { Actor } from '../tenants/principal.js';
import { Answers } from './answers.js';
import { checkpointView, eventView, jobView } from './fine-tuning-views.js';
import { JobEventStream } from './job-event-stream.js';
import { eventNumber, metadataOf, toNewJob } from './job-requests.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import { TimePageQuery } from './schemas/files.js';
import * as schemas from './schemas/fine-tuning.js';
import { listSchema } from './schemas/list.js';
import { listView } from './views.js';

@Controller('v1/fine_tuning/jobs')
@ApiTags('fine-tuning')
@TenantMay('read')
export class FineTuningController {
  constructor(
    private readonly jobs: JobsService,
    private readonly stream: JobEventStream,
  ) {}

  @Post()
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'Make a version of an adapter from a file of examples, in the background' })
  @Answers(schemas.JobResponse)
  async create(
    @TenantId() tenantId: string,
    @Body({ schema: schemas.CreateJobRequest }) body: z.output<typeof schemas.CreateJobRequest>,
    @CurrentActor() actor: Actor,
  ) {
    return jobView(await this.jobs.create(tenantId, toNewJob(body), actor));
  }

  @Get()
  @ApiOperation({ summary: 'Jobs, newest first; `metadata[key]=value` narrows them' })
  @Answers(listSchema('JobList', schemas.JobResponse))
  async list(
    @TenantId() tenantId: string,
    @Query({ schema: schemas.JobsQuery }) query: z.output<typeof schemas.JobsQuery>,
  ) {
    const { limit, after } = query;
    return listView(await this.jobs.list(tenantId, { limit, after, metadata: metadataOf(query) }), jobView);
  }

  @Get(':job')
  @ApiOperation({ summary: 'One job' })
  @Answers(schemas.JobResponse)
  async get(@TenantId() tenantId: string, @Param('job') jobId: string) {
    return jobView(await this.jobs.require(tenantId, jobId));
  }

  @Post(':job/cancel')
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'End a job without a result' })
  @Answers(schemas.JobResponse)
  async cancel(@TenantId() tenantId: string, @Param('job') jobId: string, @CurrentActor() actor: Actor) {
    return jobView(await this.jobs.cancel(tenantId, jobId, actor));
  }

  @Post(':job/pause')
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'Stop a job at a checkpoint' })
  @Answers(schemas.JobResponse)
  async pause(@TenantId() tenantId: string, @Param('job') jobId: string, @CurrentActor() actor: Actor) {
    return jobView(await this.jobs.pause(tenantId, jobId, actor));
  }

  @Post(':job/resume')
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'Let a paused job go on from its checkpoint' })
  @Answers(schemas.JobResponse)
  async resume(@TenantId() tenantId: string, @Param('job') jobId: string, @CurrentActor() actor: Actor) {
    return jobView(await this.jobs.resume(tenantId, jobId, actor));
  }

  @Get(':job/events')
  @ApiOperation({ summary: 'What happened to a job, newest first; with stream=true as it happens' })
  @Answers(listSchema('JobEventList', schemas.JobEventResponse))
  async events(
    @TenantId() tenantId: string,
    @Param('job') jobId: string,
    @Query({ schema: schemas.EventsQuery }) { limit, after, stream }: z.output<typeof schemas.EventsQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const number = after === undefined ? undefined : eventNumber(jobId, after);
    const { events, hasMore } = await this.jobs.events(tenantId, jobId, { limit, after: number });
    if (stream === 'true') {
      void reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
      const body = Readable.from(this.stream.read(tenantId, jobId, number), { objectMode: false });
      return new StreamableFile(body, { type: 'text/event-stream; charset=utf-8' });
    }
    const views = events.map(eventView);
    return { object: 'list' as const, data: views, has_more: hasMore, next: hasMore ? views.at(-1)!.id : null };
  }

  @Get(':job/checkpoints')
  @ApiOperation({ summary: 'Checkpoints of a job, newest first' })
  @Answers(listSchema('CheckpointList', schemas.CheckpointResponse))
  async checkpoints(
    @TenantId() tenantId: string,
    @Param('job') jobId: string,
    @Query({ schema: TimePageQuery }) query: z.output<typeof TimePageQuery>,
  ) {
    const job = await this.jobs.require(tenantId, jobId);
    return listView(await this.jobs.checkpoints(tenantId, jobId, query), (checkpoint) =>
      checkpointView(checkpoint, job),
    );
  }
}
