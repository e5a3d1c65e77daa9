import { expect, it } from 'vitest';
import { LabelBudget } from './label-budget.js';

it('gives the first values a label of their own and the rest `other`', () => {
  const budget = new LabelBudget(2);
  expect(['a', 'b', 'c', 'a'].map((value) => budget.label(value))).toEqual(['a', 'b', 'other', 'a']);
});

it('hands a label to a value that has become twice as frequent as the least used one', () => {
  const dropped: string[] = [];
  const budget = new LabelBudget(2, (value) => dropped.push(value));
  for (const value of ['a', 'a', 'b']) budget.label(value);
  expect([1, 2, 3].map(() => budget.label('c'))).toEqual(['other', 'other', 'c']);
  expect(dropped).toEqual(['b']);
});

it('never uses more labels than its capacity, and forgets rare values', () => {
  const budget = new LabelBudget(3);
  const labels = new Set<string>();
  for (let i = 0; i < 1000; i++) labels.add(budget.label(`v${i}`));
  expect(labels.size).toBeLessThanOrEqual(4);
});
