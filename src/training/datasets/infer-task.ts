import type { DataTask, Problem } from './example.js';
import { FaultLog } from './fault.js';
import { FieldMap, type FieldKeys } from './fields.js';
import { type CsvOptions, CsvReader } from './read-csv.js';
import { JsonlReader } from './read-jsonl.js';

/**
 * The task that the first rows of a file fit, by the fields they have: entities, labels, a label, a value, or text alone.
 * An answer of the chat format is a label.
 *
 * @param start  the beginning of the file, with at least one whole row
 */
export function inferTask(
  start: Uint8Array,
  format: 'jsonl' | 'csv',
  options: CsvOptions,
  columns: FieldKeys = {},
): { task: DataTask; problem: Problem } {
  const faults = new FaultLog(0);
  const reader = format === 'csv' ? new CsvReader(faults, options) : new JsonlReader(faults, options);
  const [first] = reader.push(start);
  const keys = new FieldMap(['entities', 'labels', 'label', 'value', 'text'], columns).keysOf(first?.values ?? {});
  const has = (key: string | undefined) => key !== undefined && key !== 'answer';
  if (has(keys.entities)) return { task: 'token_classification', problem: 'single' };
  const problem = has(keys.labels) ? 'multi' : keys.label !== undefined ? 'single' : has(keys.value) && 'regression';
  return problem === false ? { task: 'masked_lm', problem: 'single' } : { task: 'sequence_classification', problem };
}
