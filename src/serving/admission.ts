import { QuotaExceededError } from '../common/errors.js';
import type { Metrics } from '../metrics/metrics.js';
import { TokenBucket } from './token-bucket.js';

/** Seconds of its rate that a tenant may use at once. */
const BURST_SECONDS = 10;

/** What a tenant may use; an absent limit is none. */
export interface Limits {
  readonly requestsPerSecond?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
  readonly concurrentRequests?: number | undefined;
}

/** What is left of a limit, as the `x-ratelimit-*` headers tell it. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export interface LimitStates {
  readonly requests?: LimitState;
  readonly tokens?: LimitState;
}

/** One admitted request; `leave` is called once it is answered. */
export interface Admitted {
  chargeTokens(tokens: number): void;
  leave(): void;
}

interface Account {
  requests: TokenBucket | undefined;
  tokens: TokenBucket | undefined;
  running: number;
}

/**
 * Per-tenant limits: requests and tokens a second as token buckets of ten seconds' burst, and requests at one time.
 *
 * Tokens are known only after tokenisation, so a request enters while its tenant has any left and is charged afterwards;
 * a tenant in debt waits, which costs no tokenisation. Counts are of this process.
 */
export class Admission {
  private readonly accounts = new Map<string, Account>();

  constructor(
    private readonly metrics: Metrics,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** @throws QuotaExceededError  with the seconds to wait */
  enter(tenant: string, limits: Limits): Admitted {
    const account = this.accountOf(tenant, limits);
    const nowMs = this.nowMs();
    this.requireConcurrency(account.running, limits.concurrentRequests);
    this.requireLevel('requests', account.requests, nowMs);
    this.requireLevel('tokens', account.tokens, nowMs);
    account.requests?.charge(nowMs, 1);
    account.running++;
    let hasLeft = false;
    return {
      chargeTokens: (tokens) => account.tokens?.charge(this.nowMs(), tokens),
      leave: () => {
        if (!hasLeft) account.running--;
        hasLeft = true;
      },
    };
  }

  /** What a tenant has left; limits that it does not have are absent. */
  state(tenant: string): LimitStates {
    const account = this.accounts.get(tenant);
    return { ...this.stateOf('requests', account?.requests), ...this.stateOf('tokens', account?.tokens) };
  }

  private stateOf(name: keyof LimitStates, bucket: TokenBucket | undefined): LimitStates {
    if (bucket === undefined) return {};
    const nowMs = this.nowMs();
    const resetSeconds = bucket.waitSeconds(nowMs, bucket.burst);
    return { [name]: { limit: bucket.burst, remaining: bucket.remaining(nowMs), resetSeconds } };
  }

  private requireConcurrency(running: number, max = Infinity): void {
    if (running < max) return;
    this.refuse('concurrent', `at most ${max} requests at one time; ${running} are running`, 1);
  }

  private requireLevel(name: keyof LimitStates, bucket: TokenBucket | undefined, nowMs: number): void {
    const waitSeconds = bucket?.waitSeconds(nowMs) ?? 0;
    if (waitSeconds > 0) this.refuse(name, `at most ${bucket?.ratePerSecond} ${name} a second`, waitSeconds);
  }

  private refuse(limit: string, rule: string, waitSeconds: number): never {
    this.metrics.refusals.inc({ limit });
    const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
    throw new QuotaExceededError(`Rate limit reached: ${rule}. Try again in ${retryAfterSeconds} s.`, {
      retryAfterSeconds,
    });
  }

  /** A changed limit starts with a full bucket. */
  private accountOf(tenant: string, limits: Limits): Account {
    const account = this.accounts.get(tenant) ?? { requests: undefined, tokens: undefined, running: 0 };
    account.requests = this.bucketOf(account.requests, limits.requestsPerSecond);
    account.tokens = this.bucketOf(account.tokens, limits.tokensPerSecond);
    this.accounts.set(tenant, account);
    return account;
  }

  private bucketOf(held: TokenBucket | undefined, rate: number | undefined): TokenBucket | undefined {
    if (rate === undefined || held?.ratePerSecond === rate) return rate === undefined ? undefined : held;
    return new TokenBucket(rate, Math.max(1, Math.ceil(rate * BURST_SECONDS)), this.nowMs());
  }
}
