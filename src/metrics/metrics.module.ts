import { Module, type DynamicModule } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { TrainingMetrics } from './training-metrics.js';

/** Gives the one Metrics, and those of background jobs in the same registry. */
@Module({})
export class MetricsModule {
  static forRoot(metrics: Metrics): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      providers: [
        { provide: Metrics, useValue: metrics },
        { provide: TrainingMetrics, useValue: new TrainingMetrics(metrics.registry) },
      ],
      exports: [Metrics, TrainingMetrics],
    };
  }
}
