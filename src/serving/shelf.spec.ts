import { describe, expect, it } from 'vitest';
import { OverloadedError } from '../common/errors.js';
import { Shelf, type Measure } from './shelf.js';

interface Item {
  readonly id: string;
  bytes: number;
  isUsed?: boolean;
}

function shelfOf(measure: Measure, capacity: number) {
  return new Shelf<Item>({
    ...{ capacity, measure, provenShare: 0, canDrop: ({ isUsed }) => isUsed !== true },
    full: ({ bytes, entries }) => new OverloadedError(`no room for ${entries} of ${bytes}`),
  });
}
const ids = (items: readonly Item[]) => items.map(({ id }) => id);

describe('Shelf', () => {
  it('counts by bytes, and names what was unused the longest until enough is free', () => {
    const shelf = shelfOf('bytes', 10);
    const [a, b, c]: Item[] = [
      { id: 'a', bytes: 4 },
      { id: 'b', bytes: 3 },
      { id: 'c', bytes: 3 },
    ];
    for (const item of [a!, b!, c!]) shelf.add(item);
    shelf.use(a!);
    expect(ids(shelf.victimsFor({ bytes: 4, entries: 1 }))).toEqual(['b', 'c']);
    b!.isUsed = true;
    expect(ids(shelf.victimsFor({ bytes: 4, entries: 1 }))).toEqual(['c', 'a']);
    expect(() => shelf.victimsFor({ bytes: 8, entries: 1 })).toThrow('no room for 1 of 8');
    expect([shelf.bytes, shelf.count]).toEqual([10, 3]); // who asks drops them
  });

  it('counts by entries, whatever their bytes', () => {
    const shelf = shelfOf('entries', 2);
    const [a, b]: Item[] = [
      { id: 'a', bytes: 1_000 },
      { id: 'b', bytes: 1 },
    ];
    shelf.add(a!);
    expect(shelf.victimsFor({ bytes: 1e9, entries: 1 })).toEqual([]);
    shelf.add(b!);
    expect(ids(shelf.victimsFor({ bytes: 1, entries: 1 }))).toEqual(['a']);
    expect(shelf.victimsFor({ bytes: 1e9, entries: 0 })).toEqual([]);
    shelf.resize(a!, 2_000);
    expect([shelf.bytes, a!.bytes]).toEqual([2_001, 2_000]);
    shelf.delete(a!);
    shelf.delete(a!);
    expect([shelf.bytes, shelf.count]).toEqual([1, 1]);
    shelf.clear();
    expect([shelf.bytes, shelf.count, [...shelf.droppable()]]).toEqual([0, 0, []]);
  });
});
