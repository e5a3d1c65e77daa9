import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../metrics/metrics.js';
import { Public } from './permission.js';
import { Readiness } from './readiness.js';

@Controller()
@ApiTags('operations')
@Public()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
  ) {}

  @Get('healthz')
  @ApiOperation({ summary: 'Whether the process is alive' })
  health() {
    return { status: 'ok' };
  }

  @Get('readyz')
  @ApiOperation({ summary: 'Whether the base is loaded and the migrations are done: 200, else 503' })
  ready(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.code(this.readiness.current === 'ready' ? 200 : 503);
    return { status: this.readiness.current };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ summary: 'Prometheus metrics' })
  async metricsText(): Promise<string> {
    return (await this.metrics.expose()).text;
  }
}
