import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { RegistryModule } from '../registry/registry.module.js';
import { MAINTENANCE, MaintenanceProcessor } from './maintenance.processor.js';

/** Regular housekeeping; needs a QueueModule. */
@Module({
  imports: [BullModule.registerQueue({ name: MAINTENANCE }), RegistryModule],
  providers: [MaintenanceProcessor],
})
export class MaintenanceModule {}
