import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LogController, type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { version } from '../common/package.js';
import type { Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { Admission } from '../serving/admission.js';
import { answerClientError } from './client-error.js';
import { errorAnswer } from './error-body.js';
import { addHooks, requestIdOf } from './http-hooks.js';
import { readJsonBodies } from './json-body.js';
import { NestLog } from './logger.js';
import { serveDocument } from './openapi.js';

/** Longest time for a request to arrive, an upload over a slow line too. */
const REQUEST_TIMEOUT_MS = 600_000;
/** Names and sizes of fields are small; the files' own bounds are in `upload.ts`. */
const MULTIPART_LIMITS = {
  files: 20,
  fields: 20,
  parts: 40,
  fieldSize: 1024 * 1024,
  fieldNameSize: 100,
  headerPairs: 100,
};

/** The application with its routes, ready to listen. */
export async function createApp(
  module: DynamicModule,
  config: Config,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = createAdapter(config, logger);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest's options are a class that is never made
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(logger),
    abortOnError: false,
    bodyParser: false, // ours bounds what it parses
  });
  adapter.getInstance().removeContentTypeParser('text/plain');
  readJsonBodies(adapter.getInstance());
  const admission = app.get(Admission, { strict: false });
  addHooks(adapter.getInstance(), {
    metrics: app.get(Metrics, { strict: false }),
    limitStates: (tenantId) => admission.state(tenantId),
  });
  serveDocument(app, version());
  return app;
}

function createAdapter({ limits }: Config, logger: Logger): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    routerOptions: { maxParamLength: 500 }, // `name@sha256:…` is longer than the default
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    bodyLimit: limits.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    multipart: {
      limits: { ...MULTIPART_LIMITS, fileSize: limits.uploadBytes },
      throwFileSizeLimit: false, // the upload counts for itself
    },
  });
}

/** What Fastify refuses before there is a route, such as a path that is no URL. */
function answerFrameworkError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = errorAnswer(error);
  void reply.code(status).send(body);
}
