import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Answered } from '../serving/inference.js';
import { ErrorResponse } from './schemas/error.js';

/** Documents the answer of a route, and that its errors are OpenAI's. */
export function Answers(schema: z.ZodType, status = 200): MethodDecorator {
  return applyDecorators(
    ApiResponse({ status, standardSchema: schema as never, description: 'Answer' }),
    ApiResponse({ status: 'default', standardSchema: ErrorResponse as never, description: 'Error' }),
  );
}

/** The list around an inference answer; names the versions that answered in the body and in `x-tessera-version`. */
export function toList<T, U>(reply: FastifyReply, answered: Answered<T>, toItem: (item: T, index: number) => U) {
  const version = answered.versions.join(',');
  void reply.header('x-tessera-version', version);
  return {
    object: 'list' as const,
    model: answered.model,
    version,
    data: answered.data.map(toItem),
    usage: answered.usage,
  };
}
