import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Database } from '../database/open-database.js';
import { RegistryModule } from '../registry/registry.module.js';
import { MAINTENANCE, MaintenanceProcessor } from './maintenance.processor.js';
import { chooseQueueBackend } from './queue-connection.js';

/** The job queues and the workers of this process. */
@Module({})
export class QueueModule {
  static forRoot(redisUrl: string | undefined, database: Database): DynamicModule {
    return {
      module: QueueModule,
      imports: [
        BullModule.forRoot(chooseQueueBackend(redisUrl, database)),
        BullModule.registerQueue({ name: MAINTENANCE }),
        RegistryModule,
      ],
      providers: [MaintenanceProcessor],
    };
  }
}
