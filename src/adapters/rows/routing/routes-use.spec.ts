import { describe, expect, it } from 'vitest';
import { coversRoutes, joinRoutes, routesUse, widenRoutes, type RoutesUse } from './routes-use.js';

const route = (law: 'arrow' | 'phatgoose' | 'mod_squad', members: number) => {
  return { law, members, topK: 2, temperature: 1, gates: new Map() };
};
const arrow: RoutesUse = { laws: ['arrow'], routes: 1, members: 4 };
const both: RoutesUse = { laws: ['arrow', 'mod_squad'], routes: 2, members: 8 };

describe('the routes of a batch', () => {
  it('are nothing where no row has one', () => {
    expect(routesUse([[], []])).toBeUndefined();
  });

  it('are rounded up to powers of two, with every law once', () => {
    const rows = [[route('mod_squad', 5)], [route('arrow', 2), route('mod_squad', 3)], []];
    expect(routesUse(rows)).toEqual(both);
  });

  it('run on a graph with their laws and as many routes', () => {
    expect([coversRoutes(both, arrow), coversRoutes(arrow, both), coversRoutes(undefined, arrow)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(coversRoutes(arrow, undefined)).toBe(true);
    expect(widenRoutes(both, arrow)).toEqual({ ...both, members: 4 });
    expect(widenRoutes(both, undefined)).toEqual({ ...both, members: 1 });
    expect(widenRoutes(undefined, undefined)).toBeUndefined();
  });

  it('join to what covers both', () => {
    expect(joinRoutes(arrow, { ...both, laws: ['mod_squad'] })).toEqual(both);
    expect(joinRoutes(undefined, arrow)).toBe(arrow);
  });
});
