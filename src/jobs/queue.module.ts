import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Database } from '../database/open-database.js';
import { chooseQueueBackend } from './queue-connection.js';

/** Where the job queues of this process live. */
@Module({})
export class QueueModule {
  static forRoot(redisUrl: string | undefined, database: Database): DynamicModule {
    return { module: QueueModule, imports: [BullModule.forRoot(chooseQueueBackend(redisUrl, database))] };
  }
}
