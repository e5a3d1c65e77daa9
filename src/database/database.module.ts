import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DATABASE, type Database } from './open-database.js';
import { APPLICATION_ROLE, toDataSourceOptions } from './pg-connection.js';
import { TenantDb } from './tenant-db.js';

const POOL_SIZE = 20;

/** Gives the Database, and TenantDb over sessions of the application role. Modules register their entities with TypeOrmModule.forFeature. */
@Module({})
export class DatabaseModule {
  static forRoot(database: Database): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRoot({
          ...toDataSourceOptions(database.connection, { role: APPLICATION_ROLE, poolSize: POOL_SIZE }),
          autoLoadEntities: true,
          retryAttempts: 3,
        }),
      ],
      providers: [
        { provide: DATABASE, useValue: database },

        { provide: TenantDb, inject: [DataSource], useFactory: (source: DataSource) => new TenantDb(source) },
      ],
      exports: [DATABASE, TenantDb],
    };
  }
}
