import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnauthenticatedError } from '../common/errors.js';
import type { Caller } from '../serving/inference.js';
import type { Actor, Principal } from '../tenants/principal.js';

/** The key that asks. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext) => principalOf(context));

/** The tenant whose key asks. */
export const TenantId = createParamDecorator((_: unknown, context: ExecutionContext) => tenantOf(context));

/** Who does it, for the audit. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  return { keyId: principalOf(context).keyId, requestId: context.switchToHttp().getRequest<FastifyRequest>().id };
});

/** The tenant, and a signal that tells when its client has gone before the answer. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return { tenantId: tenantOf(context), signal: goneSignal(context.switchToHttp().getResponse<FastifyReply>()) };
});

function principalOf(context: ExecutionContext): Principal {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal === undefined) throw new UnauthenticatedError('You need an API key: Authorization: Bearer YOUR_KEY.');
  return principal;
}

function tenantOf(context: ExecutionContext): string {
  const { tenantId } = principalOf(context);
  if (tenantId === undefined) throw new UnauthenticatedError('this route needs a key of a tenant');
  return tenantId;
}

function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
