import type { Example } from './example.js';
import type { FaultSink } from './fault.js';
import { FieldMap, type FieldKeys } from './fields.js';
import { parseExample, type ExampleRules } from './parse-example.js';
import { CsvReader, type CsvOptions } from './read-csv.js';
import { JsonlReader } from './read-jsonl.js';

export interface ReadOptions extends Omit<CsvOptions, 'maxRowBytes'> {
  readonly format: 'jsonl' | 'csv';
  readonly columns?: FieldKeys | undefined;
  readonly rules: ExampleRules;
}

const MAX_ROW_BYTES = 1 << 20;

/**
 * The rows of a file in their order, as they stand: none is removed as a duplicate. A row with an error gives undefined and
 * goes to `faults`. Holds one chunk of the file.
 */
export async function* readExamples(
  bytes: AsyncIterable<Uint8Array>,
  { format, columns = {}, rules, delimiter, header }: ReadOptions,
  faults: FaultSink,
): AsyncGenerator<Example | undefined> {
  const limits = { maxRowBytes: MAX_ROW_BYTES, delimiter, header };
  const reader = format === 'csv' ? new CsvReader(faults, limits) : new JsonlReader(faults, limits);
  const map = new FieldMap(rules.fields, columns);
  let given = 0;
  for await (const chunk of bytes) {
    for (const row of reader.push(chunk)) {
      for (; given < reader.rows - 1; given++) yield undefined; // rows that could not even be read
      given++;
      yield parseExample(row, map.keysOf(row.values), rules, faults);
    }
  }
  for (const row of reader.end()) {
    given++;
    yield parseExample(row, map.keysOf(row.values), rules, faults);
  }
  for (; given < reader.rows; given++) yield undefined;
}
