import { OverloadedError } from '../common/errors.js';

export interface Queued {
  readonly tenant: string;
  /** What serving the item costs, in tokens; at least 1. */
  readonly tokens: number;
}

export interface FairQueueOptions {
  readonly maxItems: number;
  readonly maxItemsPerTenant: number;
  /** Share of a tenant against the others'; 1 when absent. */
  readonly weightOf?: (tenant: string) => number;
}

interface Line<T> {
  /** Tokens served so far over the tenant's weight. */
  served: number;
  readonly items: Set<T>;
}

/**
 * A bounded queue that serves the waiting tenant which has had the fewest tokens.
 *
 * Each tenant has a virtual counter of tokens served, divided by its weight; `take` picks the lowest counter and charges
 * the item to it. A tenant that comes back after a pause is lifted to the lowest counter of those waiting (or to the last
 * one served, when nobody waits), so it cannot save up its silence and then starve the others. Two tenants that always
 * have work thus differ by at most two of the largest items, whatever they send. Within a tenant: first in, first out.
 *
 * Sheng et al. 2024, "Fairness in Serving Large Language Models", OSDI '24, algorithm 2 (VTC), arXiv:2401.00588. Here the
 * cost of an item is known when it comes, so it is charged once, when taken.
 */
export class FairQueue<T extends Queued> {
  private readonly lines = new Map<string, Line<T>>();
  private lastServed = 0;
  private items = 0;
  private waitingTokens = 0;

  constructor(private readonly options: FairQueueOptions) {}

  get size(): number {
    return this.items;
  }

  get tokens(): number {
    return this.waitingTokens;
  }

  /**
   * Adds all items of one request, or none.
   * @throws OverloadedError  when the queue, or the tenant's part of it, has no room for them
   */
  offer(tenant: string, items: readonly T[]): void {
    const waiting = this.lines.get(tenant)?.items.size ?? 0;
    this.requireRoom('queue', this.items + items.length, this.options.maxItems);
    this.requireRoom(`queue of this tenant`, waiting + items.length, this.options.maxItemsPerTenant);
    const line = this.lineOf(tenant);
    for (const item of items) {
      line.items.add(item);
      this.waitingTokens += item.tokens;
    }
    this.items += items.length;
  }

  /** The next item, or undefined when nobody waits. O(waiting tenants). */
  take(): T | undefined {
    let tenant: string | undefined;
    let best: Line<T> | undefined;
    for (const [name, line] of this.lines) {
      if (best === undefined || line.served < best.served) [tenant, best] = [name, line];
    }
    const [item] = best?.items ?? [];
    if (tenant === undefined || best === undefined || item === undefined) return undefined;
    this.lastServed = best.served;
    best.served += Math.max(1, item.tokens) / (this.options.weightOf?.(tenant) ?? 1);
    this.remove(item);
    return item;
  }

  /** Takes out an item whose caller has gone; false when it was not waiting. */
  remove(item: T): boolean {
    const line = this.lines.get(item.tenant);
    if (line?.items.delete(item) !== true) return false;
    this.items--;
    this.waitingTokens -= item.tokens;
    if (line.items.size === 0) this.retire(item.tenant, line);
    return true;
  }

  private lineOf(tenant: string): Line<T> {
    const known = this.lines.get(tenant);
    if (known !== undefined) return known;
    const floor = this.lines.size === 0 ? this.lastServed : this.lowest();
    const line: Line<T> = { served: Math.max(this.idle.get(tenant) ?? 0, floor), items: new Set() };
    this.idle.delete(tenant);
    this.lines.set(tenant, line);
    return line;
  }

  private lowest(): number {
    let lowest = Infinity;
    for (const { served } of this.lines.values()) lowest = Math.min(lowest, served);
    return lowest;
  }

  /** Counters of tenants that wait for nothing; those at or below the floor say nothing and are forgotten. */
  private readonly idle = new Map<string, number>();

  private retire(tenant: string, line: Line<T>): void {
    this.lines.delete(tenant);
    this.idle.set(tenant, line.served);
    const floor = this.lines.size === 0 ? this.lastServed : this.lowest();
    if (this.idle.size > 1000) for (const [name, served] of this.idle) if (served <= floor) this.idle.delete(name);
  }

  private requireRoom(what: string, items: number, max: number): void {
    if (items <= max) return;
    throw new OverloadedError(`the ${what} holds at most ${max} inputs, and this request would make it ${items}`, {
      retryAfterSeconds: 1,
    });
  }
}
