import type { Example } from './example.js';

/** A row's label, after its task where rows have one: labels of two tasks are never the same. */
export function taskLabel({ task, label }: Pick<Example, 'task' | 'label'>): string | undefined {
  return task === undefined || label === undefined ? label : `${task}/${label}`;
}
