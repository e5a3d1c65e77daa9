import type { Quotas } from '../tenants/quotas.service.js';
import type { Limits } from './admission.js';

/** The part of a tenant's quotas that admission keeps. */
export function limitsOf({ requestsPerSecond, tokensPerSecond, concurrentRequests }: Quotas): Limits {
  return {
    requestsPerSecond: requestsPerSecond ?? undefined,
    tokensPerSecond: tokensPerSecond ?? undefined,
    concurrentRequests: concurrentRequests ?? undefined,
  };
}
