import { joinHeads } from '../composition/head-plan.js';
import type { RowResult, RowTask } from '../runtime/protocol.js';
import type { ServedModel } from './served-model.js';

/** The result of one row with the logits of its heads put together, where the model says how and the task has labels. */
export function joinedAnswer(
  { join, template }: Pick<ServedModel, 'join' | 'template'>,
  task: RowTask,
  result: RowResult,
): RowResult {
  const hasLabels = task.kind === 'sequence' || task.kind === 'token' || template !== undefined;
  if (join === undefined || !hasLabels) return result;
  const width = result.shape.at(-1) ?? 0;
  const data = joinHeads(join, result.data, width);
  return { ...result, shape: [...result.shape.slice(0, -1), join.columns.length], data };
}
