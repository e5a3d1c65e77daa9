import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Answered } from '../serving/inference.js';
import { bricksView, itemView } from './composition-views.js';
import { ErrorResponse } from './schemas/error.js';

/** Documents the answer of a route, and that its errors are OpenAI's. */
export function Answers(schema: z.ZodType, status = 200): MethodDecorator {
  return applyDecorators(
    ApiResponse({ status, standardSchema: schema as never, description: 'Answer' }),
    ApiResponse({ status: 'default', standardSchema: ErrorResponse as never, description: 'Error' }),
  );
}

/** The list around an inference answer; names the versions that answered in the body and in `x-tessera-version`, and
 * the bricks of a composition. */
export function toList<T, U extends object>(
  reply: FastifyReply,
  answered: Answered<T>,
  toItem: (item: T, index: number) => U,
) {
  const version = answered.versions.join(',');
  void reply.header('x-tessera-version', version);
  return {
    object: 'list' as const,
    model: answered.model,
    version,
    ...(answered.bricks && { bricks: bricksView(answered.bricks) }),
    data: answered.data.map((item, at) => {
      return { ...toItem(item, Math.floor(at / answered.answersPerInput)), ...itemView(answered, at) };
    }),
    usage: answered.usage,
  };
}
