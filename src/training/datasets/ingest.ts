import { createHash } from 'node:crypto';
import { CancelledError, ValidationError } from '../../common/errors.js';
import type { SourceCard } from './data-card.js';
import type { FaultLog } from './fault.js';
import { ALIASES, FieldMap, type FieldKeys } from './fields.js';
import { identityOf, rowKey } from './normalize-text.js';
import { parseExample, type ExampleRules } from './parse-example.js';
import type { RawRow, RowReader } from './raw-row.js';
import { type CsvOptions, CsvReader } from './read-csv.js';
import { JsonlReader } from './read-jsonl.js';
import type { RowTable } from './row-table.js';
import type { LineWriter } from './spool.js';
import type { Strata } from './strata.js';
import { targetFingerprint } from './target.js';

export interface DataSource {
  /** Named in faults. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly format: 'jsonl' | 'csv';
  /** 0: rows are to be split; 1: all are validation; 2: all are test. */
  readonly pin: number;
}

export interface IngestOptions extends CsvOptions {
  readonly rules: ExampleRules;
  readonly columns: FieldKeys;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/** Where the rows of all sources go: texts to the spool, numbers to the table, faults to the log. */
export interface Intake {
  readonly spool: LineWriter;
  readonly table: RowTable;
  readonly strata: Strata;
  readonly faults: FaultLog;
}

/** Reads and validates one file. @throws CancelledError, or ValidationError when the file as a whole cannot be read */
export async function ingest(source: DataSource, intake: Intake, options: IngestOptions): Promise<SourceCard> {
  const { faults } = intake;
  faults.source = source.name;
  const reader: RowReader = source.format === 'csv' ? new CsvReader(faults, options) : new JsonlReader(faults, options);
  const rows = new RowIntake(source, intake, options);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source.bytes) {
    if (options.signal?.aborted) throw new CancelledError();
    hash.update(chunk);
    bytes += chunk.byteLength;
    for (const row of reader.push(chunk)) rows.add(row);
    await intake.spool.drain();
  }
  for (const row of reader.end()) rows.add(row);
  const lines = { read: reader.rows, sound: rows.sound };
  const { columns, ignored } = rows;
  return {
    name: source.name,
    format: source.format,
    bytes,
    digest: `sha256:${hash.digest('hex')}`,
    lines,
    columns,
    ignored,
  };
}

class RowIntake {
  sound = 0;
  columns: FieldKeys = {};
  ignored: readonly string[] = [];
  private readonly map: FieldMap;
  private isFirst = true;

  constructor(
    private readonly source: DataSource,
    private readonly intake: Intake,
    private readonly options: IngestOptions,
  ) {
    this.map = new FieldMap(options.rules.fields, options.columns);
  }

  add(row: RawRow): void {
    const { spool, table, strata, faults } = this.intake;
    const { rules, seed } = this.options;
    const keys = this.map.keysOf(row.values);
    if (this.isFirst) this.meet(row, keys);
    const example = parseExample(row, keys, rules, faults);
    if (!example) return;
    this.sound++;
    const offset = spool.bytes;
    table.add({
      key: rowKey(identityOf(example), seed),
      target: targetFingerprint(example),
      stratum: strata.of(example),
      value: example.value ?? 0,
      offset,
      bytes: spool.add(JSON.stringify(example)),
      pin: this.source.pin,
    });
  }

  /** Notes the columns of the first row. A CSV file that lacks one lacks it in every row, so it is refused at once. */
  private meet(row: RawRow, keys: FieldKeys): void {
    this.isFirst = false;
    const names = Object.keys(row.values);
    this.columns = keys;
    this.ignored = names.filter((name) => !Object.values(keys).includes(name));
    if (this.source.format !== 'csv') return;
    for (const field of this.options.rules.required) {
      const key = keys[field];
      if (key !== undefined && names.includes(key)) continue;
      const wanted = key === undefined ? `${field} (such as ${ALIASES[field].slice(0, 4).join(', ')})` : key;
      throw new ValidationError(`${this.source.name}: expected a column for ${wanted}, got ${names.join(', ')}`, {
        param: `columns.${field}`,
      });
    }
  }
}
