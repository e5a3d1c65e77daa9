import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Database } from './open-database.js';
import { APPLICATION_ROLE, toDataSourceOptions } from './pg-connection.js';
import { TenantDb } from './tenant-db.js';

const POOL_SIZE = 20;

/** Gives TenantDb, over sessions of the application role. Modules register their entities with TypeOrmModule.forFeature. */
@Module({})
export class DatabaseModule {
  static forRoot({ connection }: Database): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRoot({
          ...toDataSourceOptions(connection, { role: APPLICATION_ROLE, poolSize: POOL_SIZE }),
          autoLoadEntities: true,
          retryAttempts: 3,
        }),
      ],
      providers: [
        { provide: TenantDb, inject: [DataSource], useFactory: (source: DataSource) => new TenantDb(source) },
      ],
      exports: [TenantDb],
    };
  }
}
