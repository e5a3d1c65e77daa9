import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';

/** Starting → ready ↔ restarting (the engine) → stopping. Only while ready does the service want traffic. */
export type ReadinessState = 'starting' | 'ready' | 'restarting' | 'stopping';

@Injectable()
export class Readiness {
  private state: ReadinessState = 'starting';

  constructor(private readonly metrics: Metrics) {}

  get current(): ReadinessState {
    return this.state;
  }

  setReady(): void {
    if (this.state !== 'stopping') this.move('ready');
  }

  setRestarting(): void {
    if (this.state === 'ready') this.move('restarting');
  }

  setStopping(): void {
    this.move('stopping');
  }

  private move(state: ReadinessState): void {
    this.state = state;
    this.metrics.ready.set(state === 'ready' ? 1 : 0);
  }
}
