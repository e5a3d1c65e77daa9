import { Module, type DynamicModule } from '@nestjs/common';
import { Metrics } from './metrics.js';

/** Gives the one Metrics. */
@Module({})
export class MetricsModule {
  static forRoot(metrics: Metrics): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      providers: [{ provide: Metrics, useValue: metrics }],
      exports: [Metrics],
    };
  }
}
