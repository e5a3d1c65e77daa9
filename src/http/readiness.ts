import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';

/** Starting → ready → stopping. Only while ready does the service want traffic. */
@Injectable()
export class Readiness {
  private state: 'starting' | 'ready' | 'stopping' = 'starting';

  constructor(private readonly metrics: Metrics) {}

  get current(): 'starting' | 'ready' | 'stopping' {
    return this.state;
  }

  setReady(): void {
    if (this.state === 'starting') this.move('ready');
  }

  setStopping(): void {
    this.move('stopping');
  }

  private move(state: 'ready' | 'stopping'): void {
    this.state = state;
    this.metrics.ready.set(state === 'ready' ? 1 : 0);
  }
}
