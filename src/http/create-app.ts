import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyBaseLogger } from 'fastify';
import type { Logger } from 'pino';
import { version } from '../common/package.js';
import type { Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { Admission } from '../serving/admission.js';
import { addHooks, requestIdOf } from './http-hooks.js';
import { NestLog } from './logger.js';
import { serveDocument } from './openapi.js';

const MULTIPART_FIELDS = 20;
const MULTIPART_FILES = 20;
const FIELD_BYTES = 1024 * 1024;

/** The application with its routes, ready to listen. */
export async function createApp(
  module: DynamicModule,
  config: Config,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    loggerInstance: logger as FastifyBaseLogger,
    disableRequestLogging: true,
    genReqId: requestIdOf,
    requestIdLogLabel: 'requestId',
    requestIdHeader: false,
    bodyLimit: config.limits.bodyBytes,
    forceCloseConnections: 'idle',
    multipart: {
      limits: {
        files: MULTIPART_FILES,
        fields: MULTIPART_FIELDS,
        parts: MULTIPART_FILES + MULTIPART_FIELDS,
        fieldSize: FIELD_BYTES,
        fieldNameSize: 100,
        fileSize: config.limits.uploadBytes,
        headerPairs: 100,
      },
      throwFileSizeLimit: false, // the upload counts for itself
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(logger),
    bufferLogs: false,
    abortOnError: false,
  });
  const admission = app.get(Admission, { strict: false });
  addHooks(adapter.getInstance(), {
    metrics: app.get(Metrics, { strict: false }),
    limitStates: (tenantId) => admission.state(tenantId),
  });
  serveDocument(app, version());
  return app;
}
