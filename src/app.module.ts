import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import type { Database } from './database/open-database.js';
import { HttpModule } from './http/http.module.js';
import { WorkerHttpModule } from './http/worker-http.module.js';
import { EvaluationWorkersModule } from './jobs/evaluations/evaluation-workers.module.js';
import { QueueModule } from './jobs/queue.module.js';
import { WorkersModule } from './jobs/workers.module.js';
import type { Metrics } from './metrics/metrics.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { EngineModule, type Engine } from './serving/engine.module.js';
import type { ObjectStore } from './storage/object-store.js';
import { StorageModule } from './storage/storage.module.js';

/** What is opened before the application is made, and closed after it. */
export interface Parts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly database: Database;
  readonly store: ObjectStore;
  readonly engine: Engine;
}

/** The service over one database, one object store and one engine: the HTTP API, the workers of its queues, or both. */
@Module({})
export class AppModule {
  static forRoot({ config, metrics, database, store, engine }: Parts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        MetricsModule.forRoot(metrics),
        DatabaseModule.forRoot(database),
        StorageModule.forRoot(store),
        EngineModule.forRoot(engine),
        QueueModule.forRoot(config.redisUrl, database),
        config.role === 'worker' ? WorkerHttpModule : HttpModule,
        ...(config.role === 'api' ? [] : [WorkersModule, EvaluationWorkersModule]),
      ],
    };
  }
}
