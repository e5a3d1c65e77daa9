import { describe, expect, it } from 'vitest';
import { placed } from '../../../../test/support/placed.js';
import { randomBase } from '../../../../test/support/random-base.js';
import type { RowPart } from '../row-part.js';
import { placesOf, selectRoutes, type GatedPart } from './select-routes.js';

const { sites } = randomBase();
const query = placed(sites, { 'low_rank.query': [3, 4] });
const queryAndValue = placed(sites, { 'low_rank.query': [5], 'low_rank.value': [6], 'bias.value': [2] });
const block = placed(sites, { 'bottleneck.ffn.normed.relu': [1], 'bottleneck_bias.ffn.normed.relu': [1] });
const gate = (id: number, ...places: readonly ('query' | 'value' | 'ffn_block')[]) =>
  placed(sites, Object.fromEntries(places.map((place) => [`gate.${place}`, [id]])));
const part = (placement: RowPart['placement'], more: Partial<RowPart> = {}): RowPart => {
  return { placement, weight: 1, route: 0, ...more };
};
const route = (gates: GatedPart['gates'], more: Partial<GatedPart> = {}): GatedPart => {
  return { law: 'arrow', topK: 2, temperature: 0.5, gates, ...more };
};
const ids = ({ gates }: ReturnType<typeof selectRoutes>[number]) =>
  Object.fromEntries([...gates].map(([place, pages]) => [place, pages.ids]));

describe('the routes of a row', () => {
  it('have a gate page for each member at each place where one is shared out', () => {
    const parts = [part(query), part(queryAndValue)];
    const gates = [gate(7, 'query', 'value'), gate(8, 'query', 'value', 'ffn_block')];
    const [selected] = selectRoutes(parts, [route(gates, { floor: 0.25 })]);
    expect(selected).toMatchObject({ law: 'arrow', topK: 2, temperature: 0.5, floor: 0.25, members: 2 });
    expect(ids(selected!)).toEqual({ query: [7, 8], value: [7, 8] });
    expect(selected!.gates.get('value')?.channel.name).toBe('gate.value');
    expect(placesOf(selected!)).toBe(2);
  });

  it('leave a member out where it has neither pages nor a gate', () => {
    const [selected] = selectRoutes([part(query), part(block)], [route([gate(7, 'query'), gate(8, 'ffn_block')])]);
    expect(ids(selected!)).toEqual({ query: [7, 0], ffn_block: [0, 8] });
  });

  it('take the parts that name them, in their order, beside those that name none', () => {
    const parts = [part(query, { route: 1 }), part(query, { route: undefined }), part(queryAndValue), part(query, { route: 1 })]; // prettier-ignore
    const [first, second] = selectRoutes(parts, [
      route([gate(1, 'query', 'value')]),
      route([gate(2, 'query'), gate(3, 'query')], { law: 'phatgoose', topK: 1 }),
    ]);
    expect([first!.members, ids(first!)]).toEqual([1, { query: [1], value: [1] }]);
    expect([second!.members, second!.law, ids(second!)]).toEqual([2, 'phatgoose', { query: [2, 3] }]);
  });

  it('share out the tokens that their members have in common', () => {
    const tokens = { from: 1, to: 4 };
    const [selected] = selectRoutes([part(query, { tokens })], [route([gate(1, 'query')])]);
    expect(selected!.tokens).toEqual(tokens);
  });

  const one = [gate(1, 'query')];
  it.each<[string, RowPart[], GatedPart[], string]>([
    ['a route that is not there', [part(query, { route: 1 })], [route(one)], "one of the row's 1, got 1"],
    ['a route of nobody', [], [route(one)], 'members and a gate for each, got 0 and 1'],
    ['more gates than members', [part(query)], [route([...one, ...one])], 'got 1 and 2'],
    ['a member without a gate', [part(queryAndValue)], [route(one)], 'a gate vector at value for member 0'],
    ['members of unlike tokens', [part(query), part(query, { tokens: { from: 2 } })], [route([...one, ...one])], 'the same tokens'],
    ['a top_k of a half', [part(query)], [route(one, { topK: 0.5 })], 'top_k: expected an integer from 1, got 0.5'],
    ['a temperature below 0', [part(query)], [route(one, { temperature: -1 })], 'a number above 0, got -1'],
    ['a temperature of NaN', [part(query)], [route(one, { temperature: NaN })], 'a number above 0, got NaN'],
    ['an infinite floor', [part(query)], [route(one, { floor: -Infinity })], 'a finite number, got -Infinity'],
  ])('refuse %s', (_what, parts, routes, message) => {
    expect(() => selectRoutes(parts, routes)).toThrow(message);
  }); // prettier-ignore
});
