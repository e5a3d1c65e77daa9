import { ValidationError } from '../common/errors.js';
import type { Head } from '../models/heads.js';
import { poolRow } from '../models/pooling.js';
import type { RowSpan } from './batch-layout.js';
import type { RowResult, RowTask } from './protocol.js';

/** Last hidden states of a batch, [rows, seq, hidden]. */
export interface Hidden {
  readonly data: Float32Array;
  readonly seq: number;
  readonly hidden: number;
}

/**
 * The positions of a padded row whose states its head reads. A sequence head reads index 0 with virtual tokens counted,
 * as PEFT does; all others read real tokens.
 */
export function headPositions(task: RowTask, span: RowSpan): number[] {
  switch (task.kind) {
    case 'sequence':
      return [0];
    case 'token':
      return Array.from({ length: span.length }, (_, index) => span.start + index);
    case 'masked_lm':
      return task.positions.map((position) => span.start + position);
    default:
      return [];
  }
}

/** @throws ValidationError when the head cannot answer the task */
export function requireHead(head: Head | undefined, task: RowTask, owner: string): Head {
  if (head?.kind === task.kind) return head;
  throw new ValidationError(`row: head: expected a ${task.kind} head of ${owner}, got ${head?.kind ?? 'none'}`, {
    code: 'head_missing',
    param: 'model',
  });
}

/** Answers that need no head: states of the real tokens, their mean, or the first of them. */
export function headlessAnswer(task: RowTask, { data, seq, hidden }: Hidden, row: number, span: RowSpan): RowResult {
  const from = (row * seq + span.start) * hidden;
  const states = data.subarray(from, from + span.length * hidden);
  if (task.kind === 'hidden') return { shape: [span.length, hidden], data: states.slice() };
  return { shape: [hidden], data: poolRow(states, hidden, task.kind === 'embedding' ? task.pooling : 'mean') };
}
