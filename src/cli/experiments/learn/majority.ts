import type { LearnTask, TaskData } from './tasks.js';

/**
 * Score on the test split of answering the commonest label of the training rows; of entities, of which the commonest tag
 * finds none, 0.
 */
export function majorityScore({ metric }: Pick<LearnTask, 'metric'>, { train, test }: TaskData): number {
  if (metric === 'entity_f1') return 0;
  const counts = new Map<string, number>();
  for (const { label = '' } of train) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [commonest] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  return test.filter(({ label }) => label === commonest).length / test.length;
}
