import { expect, it } from 'vitest';
import type { AdapterSummary } from '../adapter-version.js';
import { readComposedDetails } from './composed-details.js';

const summaryOf = (recipe: unknown): AdapterSummary => {
  return { kind: 'composition', method: 'composition', task: null, labels: null, details: { recipe, through: ['in'] } };
};
const recipe = { composition: { sum: [{ of: `a@sha256:${'0'.repeat(64)}`, weight: 2 }] }, labels: ['yes'] };

it('is read from what a version keeps, once for each version', () => {
  const [summary, other] = [summaryOf(recipe), summaryOf(recipe)];
  const details = readComposedDetails(summary);
  expect(details).toEqual({ recipe, through: ['in'] });
  expect(readComposedDetails(summary)).toBe(details);
  expect(readComposedDetails(other)).toEqual(details);
  expect(readComposedDetails(other)).not.toBe(details);
});

it('is refused each time where what is kept is no recipe', () => {
  const summary = summaryOf({ composition: { sum: [] } });
  for (let time = 0; time < 2; time++)
    expect(() => readComposedDetails(summary)).toThrow(expect.objectContaining({ code: 'invalid_composition' }));
});
