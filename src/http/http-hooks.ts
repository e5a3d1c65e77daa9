import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics/metrics.js';
import type { LimitStates } from '../serving/admission.js';

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The caller's `x-request-id` when it is a plain name, else a new one. */
export function requestIdOf(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

export interface HookOptions {
  readonly metrics: Metrics;
  readonly limitStates: (tenantId: string) => LimitStates;
}

/** What every answer gets whatever its handler did: its id, the limits' state, a log line and its counts. */
export function addHooks(server: FastifyInstance, { metrics, limitStates }: HookOptions): void {
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  server.addHook('onSend', async (request, reply) => {
    const { tenantId } = request.principal ?? {};
    if (tenantId !== undefined) addLimitHeaders(reply, limitStates(tenantId));
  });
  server.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: routeOf(request) };
    metrics.httpRequests.inc({ ...labels, status: String(reply.statusCode) });
    metrics.httpSeconds.observe(labels, reply.elapsedTime / 1000);
    const { tenantId } = request.principal ?? {};
    request.log.info({ ...labels, status: reply.statusCode, ms: Math.round(reply.elapsedTime), tenantId }, 'answered');
  });
}

/** The pattern of a route, not its path: a path may hold a tenant's names, and has no bound. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

function addLimitHeaders(reply: FastifyReply, states: LimitStates): void {
  for (const name of ['requests', 'tokens'] as const) {
    const state = states[name];
    if (state === undefined) continue;
    void reply.header(`x-ratelimit-limit-${name}`, state.limit);
    void reply.header(`x-ratelimit-remaining-${name}`, state.remaining);
    void reply.header(`x-ratelimit-reset-${name}`, `${state.resetSeconds.toFixed(1)}s`);
  }
}
