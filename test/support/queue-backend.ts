import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../../src/config/config.js';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Global set-up of the project `redis`: its specs run on the server that REDIS_URL names, or not at all. */
export default function setup(project: TestProject): void {
  const { redisUrl } = loadConfig({ REDIS_URL: process.env['REDIS_URL'] });
  if (redisUrl === undefined) throw new Error('REDIS_URL: expected that of a Redis for tests; scripts/redis-up.sh');
  project.provide('redisUrl', redisUrl);
}

/** What the queues of this run live in, by name and URL: PostgreSQL, in the project `redis` a Redis. */
export function queueBackend(): readonly [name: 'PostgreSQL' | 'Redis', url: string | undefined] {
  const url = inject('redisUrl') as string | undefined; // provided in one project alone
  return url === undefined ? ['PostgreSQL', url] : ['Redis', url];
}
