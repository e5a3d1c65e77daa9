import type { JobEvent } from './job-event.entity.js';

/** Columns that come first, where there are any; OpenAI's names. */
const FIRST = ['step', 'train_loss', 'valid_loss'];
const LEFT_OUT = new Set(['total_steps', 'seconds_left', 'is_best']);

/**
 * The steps of a job as CSV: one line for each step that was told, its figures of training and of validation together, an
 * empty cell for what was not measured there.
 *
 * @param events  of the type `metrics`, oldest first
 */
export function stepMetricsCsv(events: readonly Pick<JobEvent, 'data'>[]): string {
  const bySteps = new Map<number, Record<string, unknown>>();
  for (const { data } of events) {
    const step = data?.['step'];
    if (typeof step !== 'number') continue;
    bySteps.set(step, { ...bySteps.get(step), ...data });
  }
  const rows = [...bySteps.values()];
  const found = new Set(rows.flatMap((row) => Object.keys(row)));
  const others = [...found].filter((name) => !FIRST.includes(name) && !LEFT_OUT.has(name)).sort();
  const columns = [...FIRST.filter((name) => found.has(name) || name === 'step'), ...others];
  const lines = rows.map((row) => columns.map((name) => cell(row[name])).join(','));
  return [columns.join(','), ...lines, ''].join('\n');
}

function cell(value: unknown): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
}
