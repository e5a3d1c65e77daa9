import { describe, expect, it } from 'vitest';
import { FairQueue, type Queued } from './fair-queue.js';

interface Item extends Queued {
  readonly n: number;
}
const item = (tenant: string, tokens: number, n = 0): Item => ({ tenant, tokens, n });
const make = (options: Partial<ConstructorParameters<typeof FairQueue<Item>>[0]> = {}) =>
  new FairQueue<Item>({ maxItems: 10_000, maxItemsPerTenant: 10_000, ...options });
const drain = (queue: FairQueue<Item>, count: number): Record<string, number> => {
  const tokens: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const taken = queue.take();
    if (taken !== undefined) tokens[taken.tenant] = (tokens[taken.tenant] ?? 0) + taken.tokens;
  }
  return tokens;
};

describe('FairQueue', () => {
  it('is first in, first out within a tenant', () => {
    const queue = make();
    queue.offer('a', [item('a', 1, 1), item('a', 1, 2)]);
    queue.offer('a', [item('a', 1, 3)]);
    expect([1, 2, 3, 4].map(() => queue.take()?.n)).toEqual([1, 2, 3, undefined]);
  });

  it('gives two busy tenants the same tokens, however many rows one sends', () => {
    const queue = make();
    queue.offer(
      'flood',
      Array.from({ length: 1000 }, () => item('flood', 50)),
    );
    queue.offer(
      'small',
      Array.from({ length: 1000 }, () => item('small', 10)),
    );
    const served = drain(queue, 600);
    expect(Math.abs((served['flood'] ?? 0) - (served['small'] ?? 0))).toBeLessThanOrEqual(100);
  });

  it('serves by weight', () => {
    const queue = make({ weightOf: (tenant) => (tenant === 'gold' ? 3 : 1) });
    for (const tenant of ['gold', 'iron'])
      queue.offer(
        tenant,
        Array.from({ length: 500 }, () => item(tenant, 10)),
      );
    const served = drain(queue, 400);
    expect((served['gold'] ?? 0) / (served['iron'] ?? 1)).toBeCloseTo(3, 1);
  });

  it('does not let a tenant save up its silence', () => {
    const queue = make();
    queue.offer(
      'busy',
      Array.from({ length: 500 }, () => item('busy', 10)),
    );
    drain(queue, 300);
    queue.offer(
      'late',
      Array.from({ length: 200 }, () => item('late', 10)),
    );
    const served = drain(queue, 100);
    expect(Math.abs((served['busy'] ?? 0) - (served['late'] ?? 0))).toBeLessThanOrEqual(20);
  });

  it('does not let a tenant shed its debt by leaving and coming back', () => {
    const queue = make();
    queue.offer(
      'steady',
      Array.from({ length: 500 }, () => item('steady', 10)),
    );
    const served = { steady: 0, hopper: 0 };
    for (let i = 0; i < 200; i++) {
      if (i % 2 === 0) queue.offer('hopper', [item('hopper', 10)]);
      const taken = queue.take();
      if (taken !== undefined) served[taken.tenant as keyof typeof served] += taken.tokens;
    }
    expect(served.hopper).toBeLessThanOrEqual(served.steady + 20);
  });

  it('refuses a request whole when it does not fit, and keeps nothing of it', () => {
    const queue = make({ maxItems: 5, maxItemsPerTenant: 3 });
    queue.offer('a', [item('a', 1), item('a', 1)]);
    expect(() => queue.offer('a', [item('a', 1), item('a', 1)])).toThrow('queue of this tenant holds at most 3');
    queue.offer('b', [item('b', 1), item('b', 1), item('b', 1)]);
    expect(() => queue.offer('c', [item('c', 1)])).toThrow('the queue holds at most 5 inputs');
    expect([queue.size, queue.tokens]).toEqual([5, 5]);
  });

  it('lets a waiting item leave', () => {
    const queue = make();
    const gone = item('a', 7);
    queue.offer('a', [gone, item('a', 1)]);
    expect([queue.remove(gone), queue.remove(gone)]).toEqual([true, false]);
    expect([queue.size, queue.tokens, queue.take()?.tokens]).toEqual([1, 1, 1]);
  });
});
