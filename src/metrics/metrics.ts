import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { LabelBudget } from './label-budget.js';
import { RecentTimes } from './recent-times.js';

const MILLISECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export type Tier = 'pool' | 'host' | 'disk' | 'store';

/**
 * Every metric of the process, each declared once, under the prefix `tessera_`; Node's own keep prom-client's names.
 * Labels that a tenant can make many of (adapter, tenant) go through a `LabelBudget`. No label holds a secret or a text.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: 5 });

  readonly httpRequests = this.counter('http_requests_total', 'HTTP answers', ['method', 'route', 'status']);
  readonly httpSeconds = this.histogram('http_request_seconds', 'Time to answer', ['method', 'route'], MILLISECONDS);
  readonly requests = this.counter('requests_total', 'Inference requests', ['operation', 'outcome']);
  readonly tokens = this.counter('tokens_total', 'Input tokens of answered requests', ['operation']);
  readonly refusals = this.counter('quota_refusals_total', 'Requests refused by a quota', ['limit']);
  readonly tenantTokens = this.counter('tenant_tokens_total', 'Input tokens of answered requests by tenant', [
    'tenant',
  ]);
  readonly adapterRequests = this.counter('adapter_requests_total', 'Answered requests by adapter', ['adapter']);
  readonly adapterTokens = this.counter('adapter_tokens_total', 'Input tokens of answered requests by adapter', [
    'adapter',
  ]);

  readonly queueSeconds = this.histogram(
    'queue_seconds',
    'Time of a row from admission to its batch',
    [],
    MILLISECONDS,
  );
  /** Of rows, from admission to answer. */
  readonly answerTimes = new RecentTimes();
  readonly queuedRows = this.gauge('queue_rows', 'Rows waiting', []);
  readonly queuedTokens = this.gauge('queue_tokens', 'Tokens waiting', []);
  readonly batchRows = this.histogram('batch_rows', 'Rows in a batch', [], POWERS);
  readonly batchFill = this.histogram('batch_fill', 'Tokens over rows × longest row', [], SHARES);
  readonly batchTokens = this.counter('batch_tokens_total', 'Tokens run, padding left out', []);
  readonly engineSeconds = this.histogram('engine_seconds', 'Time of one batch inside the engine', [], MILLISECONDS);
  readonly batchSeconds = this.histogram(
    'batch_seconds',
    'Time of one batch as the API thread sees it',
    [],
    MILLISECONDS,
  );

  readonly residencyHits = this.counter('residency_hits_total', 'Look-ups answered by a tier', ['tier']);
  readonly residencyLoads = this.counter('residency_loads_total', 'Bricks brought into a tier', ['tier']);
  readonly residencyFailures = this.counter('residency_load_failures_total', 'Loads that failed', []);
  readonly residencyEvictions = this.counter('residency_evictions_total', 'Bricks dropped from a tier', ['tier']);
  readonly residencyBytes = this.gauge('residency_bytes', 'Bytes held by a tier', ['tier']);
  readonly residencyBricks = this.gauge('residency_bricks', 'Bricks held by a tier', ['tier']);
  readonly residencyLoadSeconds = this.histogram(
    'residency_load_seconds',
    'Time of one load into the pool',
    [],
    MILLISECONDS,
  );

  readonly routeAbstained = this.histogram(
    'route_abstained_share',
    'Share of one input that a route left to the base',
    ['law'],
    [0, ...SHARES],
  );
  readonly brickShares = this.counter('brick_shares_total', 'Inputs that routes gave to a brick, by their shares', [
    'brick',
  ]);

  readonly engineDeaths = this.counter('engine_deaths_total', 'Engines that died and were started again', []);
  readonly ready = this.gauge('ready', '1 once the base is loaded and the migrations are done', []);
  readonly buildInfo = this.gauge('build_info', 'Always 1', ['version', 'node', 'engine', 'base']);

  private readonly adapters: LabelBudget;
  private readonly tenants: LabelBudget;
  private readonly bricks: LabelBudget;

  constructor(options: { labelBudget?: number } = {}) {
    const budget = options.labelBudget ?? 100;
    this.adapters = new LabelBudget(budget, (adapter) => {
      this.adapterRequests.remove({ adapter });
      this.adapterTokens.remove({ adapter });
    });
    this.tenants = new LabelBudget(budget, (tenant) => this.tenantTokens.remove({ tenant }));
    this.bricks = new LabelBudget(budget, (brick) => this.brickShares.remove({ brick }));
    this.observeLoopDelay();
  }

  /** Adds Node's own metrics and starts to sample the event loop; tests that make many instances leave it out. */
  start(): void {
    collectDefaultMetrics({ register: this.registry });
    this.loopDelay.enable();
  }

  stop(): void {
    this.loopDelay.disable();
  }

  /** Counts one answered request of an adapter (as `tenant/name`) and its tokens. */
  countAnswer(operation: string, tenant: string, adapter: string, tokens: number): void {
    this.requests.inc({ operation, outcome: 'ok' });
    this.tokens.inc({ operation }, tokens);
    this.tenantTokens.inc({ tenant: this.tenants.label(tenant) }, tokens);
    const label = this.adapters.label(adapter);
    this.adapterRequests.inc({ adapter: label });
    this.adapterTokens.inc({ adapter: label }, tokens);
  }

  /** Counts one input that a route shared out among bricks (as `tenant/name`) and the base. */
  countRoute(law: string, shares: readonly (readonly [brick: string, share: number])[], abstained: number): void {
    this.routeAbstained.observe({ law }, abstained);
    for (const [brick, share] of shares)
      if (share > 0) this.brickShares.inc({ brick: this.bricks.label(brick) }, share);
  }

  /** The exposition text, and its content type. */
  async expose(): Promise<{ text: string; contentType: string }> {
    return { text: await this.registry.metrics(), contentType: this.registry.contentType };
  }

  private observeLoopDelay(): void {
    const loopDelay = this.loopDelay;
    new Gauge({
      name: 'tessera_event_loop_delay_seconds',
      help: 'Delay of the event loop of the API process since the last scrape',
      labelNames: ['quantile'],
      registers: [this.registry],
      collect() {
        for (const quantile of [0.5, 0.99, 1]) {
          const nanoseconds = loopDelay.count === 0 ? 0 : loopDelay.percentile(quantile * 100);
          this.set({ quantile: String(quantile) }, nanoseconds / 1e9);
        }
        loopDelay.reset();
      },
    });
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: `tessera_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name: `tessera_${name}`, help, labelNames, registers: [this.registry] });
  }

  private histogram<L extends string>(name: string, help: string, labelNames: L[], buckets: number[]): Histogram<L> {
    return new Histogram({ name: `tessera_${name}`, help, labelNames, buckets, registers: [this.registry] });
  }
}
