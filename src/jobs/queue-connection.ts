import { createPostgresBackend, setDefaultBackendFactory, type QueueOptions } from 'bullmq';
import type { Database } from '../database/open-database.js';
import { toPgConfig } from '../database/pg-connection.js';

/** Connections of one queue or worker besides the one that listens. */
const POOL_SIZE = 3;

/**
 * Options by which every queue and worker of this process reaches its backend: Redis where there is one, otherwise the
 * schema `bullmq` of our own database, as its owner, since no tenant's row is in it.
 *
 * The choice is made for the process, as @nestjs/bullmq has no place to name a backend.
 */
export function chooseQueueBackend(redisUrl: string | undefined, database: Database): Pick<QueueOptions, 'connection'> {
  if (redisUrl !== undefined) {
    setDefaultBackendFactory();
    return { connection: { url: redisUrl, maxRetriesPerRequest: null } };
  }
  setDefaultBackendFactory(createPostgresBackend);
  const connection = { ...toPgConfig(database.connection), migrate: true, max: POOL_SIZE };
  return { connection }; // Nest types the option for Redis, whose options this happens to fit
}
