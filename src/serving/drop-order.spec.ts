import { expect, it } from 'vitest';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { DropOrder } from './drop-order.js';

const entry = (id: string) => ({ id, bytes: 1 });
const ids = (order: DropOrder<{ id: string; bytes: number }>): string => [...order].map(({ id }) => id).join('');

it('drops newcomers before what was used again, each kind in the order of last use', () => {
  const order = new DropOrder<{ id: string; bytes: number }>(10, 0.8);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(entry);
  for (const one of [a!, b!, c!, d!]) order.add(one);
  order.use(c!);
  order.use(a!);
  expect(ids(order)).toBe('bdca');
  order.use(c!);
  expect(ids(order)).toBe('bdac');
  order.delete(a!);
  expect(ids(order)).toBe('bdc');
});

it('takes the proven entry that was unused the longest as a newcomer when they outgrow their share', () => {
  const order = new DropOrder<{ id: string; bytes: number }>(5, 0.8);
  const entries = ['a', 'b', 'c', 'd', 'e'].map(entry);
  for (const one of entries) order.add(one);
  for (const one of entries) order.use(one);
  expect(ids(order)).toBe('abcde');
  order.add(entry('f'));
  expect(ids(order)).toBe('afbcde');
});

it('makes a newcomer of one that is larger than the whole share', () => {
  const order = new DropOrder<{ id: string; bytes: number }>(1, 0.8);
  const large = { id: 'a', bytes: 2 };
  order.add(large);
  order.use(large);
  order.clear();
  expect(ids(order)).toBe('');
});

it('finds more of a Zipf stream than the least recently used first, and nearly what the most frequent ones would give', () => {
  const [count, room, asks] = [3000, 96, 30_000];
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const best = weights.slice(0, room).reduce((sum, weight) => sum + weight, 0) / total;
  const random = new SeededRandom(5);
  const draw = (): number => {
    let left = random.floats(1, 0, total)[0]!;
    return weights.findIndex((weight) => (left -= weight) < 0);
  };
  const order = new DropOrder<{ id: number; bytes: number }>(room, 0.8);
  const held = new Map<number, { id: number; bytes: number }>();
  let hits = 0;
  for (let i = 0; i < asks; i++) {
    const id = draw();
    const known = held.get(id);
    if (known) {
      hits++;
      order.use(known);
      continue;
    }
    const [oldest] = order;
    if (held.size === room && oldest) {
      order.delete(oldest);
      held.delete(oldest.id);
    }
    const added = { id, bytes: 1 };
    held.set(id, added);
    order.add(added);
  }
  expect(hits / asks).toBeGreaterThan(best - 0.06); // the least recently used first: best − 0.14
});
