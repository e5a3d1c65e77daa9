import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorAnswer } from './error-body.js';

/** The one place where an error becomes a status and a body. Faults of ours are logged, a caller's are not. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, body, retryAfterSeconds, isFault } = errorAnswer(error);
    if (isFault) request.log.error({ err: error }, 'request failed');
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy(); // the answer has begun: cutting it off is all that is left
      return;
    }
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.code(status).type('application/json').send(body);
  }
}
