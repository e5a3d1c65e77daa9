import { expect, it } from 'vitest';
import { cutChecks, hubCheck, ORDER, orderChecks, shownScore, type ScoredRow } from './checks.js';

const row = (name: string, scores: number[], isReached = true): ScoredRow => ({ name, scores, what: '', isReached });

it('holds neighbours of the order against each other', () => {
  const scores = [0.9, 0.8, 0.82, 0.6];
  const checks = orderChecks(ORDER.map((name, at) => row(name, [scores[at]!])));
  expect(checks.map(({ isReached }) => isReached)).toEqual([true, false, true]);
  expect(checks[1]?.text).toBe('Arrow, top 3 above best uniform sum: **missed** (80.0 against 82.0)');
  expect(orderChecks([])[0]).toMatchObject({ isReached: false, text: expect.stringContaining('open') as string });
});

it('holds what a cut loses by mutual information against a point, and against load balancing', () => {
  const rows = (information: number, load: number): ScoredRow[] => [
    row('Mod-Squad, mutual information', [0.9, 0.8]),
    row('Mod-Squad, mutual information, cut to 4 of 20', [0.9 - information, 0.8 - information]),
    row('Mod-Squad, load balancing', [0.85]),
    row('Mod-Squad, load balancing, cut to 4 of 20', [0.85 - load]),
  ];
  const reached = (information: number, load: number) =>
    cutChecks(rows(information, load)).map(({ isReached }) => isReached);
  expect(reached(0.005, 0.1)).toEqual([true, true]);
  expect(reached(0.02, 0.1)).toEqual([false, true]);
  expect(reached(0.005, 0.01)).toEqual([true, false]);
  expect(cutChecks([]).map(({ isReached }) => isReached)).toEqual([false, false]);
});

it('asks of LoRAHub what its row found', () => {
  expect(hubCheck([row('two domains: LoRAHub', [0.8])]).isReached).toBe(true);
  expect(hubCheck([row('two domains: LoRAHub', [0.8], false)]).isReached).toBe(false);
  expect(hubCheck([]).text).toContain('open');
});

it('shows the mean and how far seeds are apart', () => {
  expect(shownScore({ scores: [0.5] })).toBe('50.0');
  expect(shownScore({ scores: [0.5, 0.6] })).toBe('55.0 ± 7.1');
});
