import { describe, expect, it } from 'vitest';
import { placed } from '../../../../test/support/placed.js';
import { randomBase } from '../../../../test/support/random-base.js';
import type { Tensor } from '../../../engine/tensor.js';
import { selectPages, type Selection } from '../selection.js';
import { variantOf } from '../variant.js';
import { routeFeeds } from './route-feeds.js';
import { ALL_MEMBERS_CLEAR } from './route-settings.js';

const { sites } = randomBase();
const lora = (...pages: number[]) => placed(sites, { 'low_rank.query': pages });
const dora = placed(sites, { 'low_rank.query': [9], 'output_scale.query': [4] });
const gate = (id: number) => placed(sites, { 'gate.query': [id] });
const arrow = { law: 'arrow', topK: 1, temperature: 0.5, gates: [gate(5), gate(6)] } as const;

/** A route of two; a plain row; a row with two routes, one of them over some tokens, beside a brick of its own. */
const ROWS: readonly Selection[] = [
  selectPages(
    [
      { placement: lora(1, 2), weight: 0.5, route: 0 },
      { placement: lora(3), weight: -1, route: 0 },
    ],
    [arrow],
  ),
  selectPages([{ placement: lora(7), weight: 1 }]),
  selectPages(
    [
      { placement: lora(8), weight: 1, route: 1 },
      { placement: lora(7), weight: 2 },
      { placement: dora, weight: 0.25, route: 0, tokens: { from: 1, to: 3 } },
    ],
    [
      { ...arrow, gates: [gate(6)], floor: 0.75 },
      { law: 'mod_squad', topK: 2, temperature: 1, gates: [gate(5)] },
    ],
  ),
];
const SPANS = [0, 0, 1].map((start) => ({ start, length: 3 }));
const variant = variantOf(ROWS);
const feeds = routeFeeds(variant, ROWS, { seq: 4, spans: SPANS });
const numbers = (name: string): number[] => [...(feeds[name] as Tensor).data];

describe('what routes read', () => {
  it('is nothing where no row has a route', () => {
    const plain = [ROWS[1]!];
    expect(routeFeeds(variantOf(plain), plain, { seq: 4, spans: SPANS })).toEqual({});
  });

  it('is a page for each member’s gate, 0 for none', () => {
    expect(feeds['gate.query.ids']!.shape).toEqual([3, 2, 2]);
    expect(numbers('gate.query.ids')).toEqual([5, 6, 0, 0, /**/ 0, 0, 0, 0, /**/ 6, 0, 5, 0]);
  });

  it('is the settings of each route, zeros for one that is not there', () => {
    expect(feeds['routes.settings']!.shape).toEqual([3, 2, 4]);
    const clear = Math.fround(ALL_MEMBERS_CLEAR);
    const [none, one] = [
      [0, 0, 0, 0],
      [1, 2, 1],
    ];
    expect(numbers('routes.settings')).toEqual([
      ...one,
      clear,
      ...none,
      ...none,
      ...none,
      ...one,
      0.75,
      3,
      1,
      2,
      clear,
    ]);
  });

  it('is which positions each route shares out: those of its tokens, or all of the row', () => {
    const columns = (row: number, route: number) =>
      [0, 1, 2, 3].map((at) => numbers('routes.tokens')[(row * 4 + at) * 2 + route]);
    expect(columns(0, 0)).toEqual([1, 1, 1, 0]);
    expect(columns(0, 1)).toEqual([0, 0, 0, 0]);
    expect([...columns(1, 0), ...columns(1, 1)]).toEqual(Array(8).fill(0));
    expect(columns(2, 0)).toEqual([0, 0, 1, 1]); // a virtual token stands first
    expect(columns(2, 1)).toEqual([1, 1, 1, 1]);
  });

  it('is what a share adds to the gate of each page, and takes from the identity of a scale', () => {
    const [routes, members] = [2, 2];
    const of = (name: string, row: number): number[][] => {
      const width = feeds[`${name}.members`]!.shape[2]!;
      const data = numbers(`${name}.members`).slice(
        row * routes * members * width,
        (row + 1) * routes * members * width,
      );
      return [0, 1, 2, 3].map((member) => data.slice(member * width, (member + 1) * width));
    };
    const none = [0, 0, 0, 0];
    expect(of('low_rank.query', 0)).toEqual([[0.5, 0.5, 0, 0], [0, 0, -1, 0], none, none]);
    expect(of('low_rank.query', 1)).toEqual([none, none, none, none]);
    expect(of('low_rank.query', 2)).toEqual([[0, 0, 0.25, 0], none, [1, 0, 0, 0], none]);
    expect(ROWS[2]!.channels.get('output_scale.query')!.pages.map(({ page }) => page)).toEqual([4, 0]);
    expect(of('output_scale.query', 2)).toEqual([
      [0.25, -0.25],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});
