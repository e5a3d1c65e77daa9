import { countCodePoints } from '../../common/code-points.js';
import { ValidationError } from '../../common/errors.js';
import { checkHeader, guessDelimiter } from './csv-header.js';
import { type CsvField, CsvRecord } from './csv-record.js';
import { decodeLine } from './decode-line.js';
import type { FaultSink } from './fault.js';
import { type Line, LineSplitter } from './line-splitter.js';
import type { RawRow, RowReader } from './raw-row.js';

export interface CsvOptions {
  readonly maxRowBytes: number;
  /** Guessed from the first line when absent. */
  readonly delimiter?: string | undefined;
  /** Names of the columns of a file that has no header. */
  readonly header?: readonly string[] | undefined;
}

/**
 * Reads CSV (csv-record.ts) with a header line, also with tabs (then quotes are plain characters, as in
 * text/tab-separated-values) or semicolons. After a fault it goes on at the next line. Blank lines are passed over.
 *
 * Our own reader, since a fault must say its line and column and be followed by the rest of the file.
 */
export class CsvReader implements RowReader {
  rows = 0;
  private readonly lines: LineSplitter;
  private names: readonly string[] | undefined;
  private record: CsvRecord | undefined;
  private isBroken = false;

  constructor(
    private readonly faults: FaultSink,
    private readonly options: CsvOptions,
  ) {
    this.lines = new LineSplitter(options.maxRowBytes);
    if (options.header) checkHeader(options.header);
    this.names = options.header;
  }

  *push(chunk: Uint8Array): Generator<RawRow> {
    for (const line of this.lines.push(chunk)) yield* this.line(line);
  }

  *end(): Generator<RawRow> {
    for (const line of this.lines.end()) yield* this.line(line);
    const opening = this.record?.opening;
    if (!opening) return;
    this.rows++;
    this.faults.add('invalid_csv', placeOf(opening), 'expected a closing quote, got the end of the file');
  }

  private *line(line: Line): Generator<RawRow> {
    const decoded = decodeLine(line, this.faults);
    if (decoded === undefined && line.isCut) {
      this.drop();
      return;
    }
    // quotes and delimiters are ASCII, so a line that is not UTF-8 still says where its record ends
    const text = decoded ?? line.bytes.toString('latin1').replace(/\r$/, '');
    this.isBroken ||= decoded === undefined;
    const record = (this.record ??= this.begin(text));
    if (text === '' && !record.opening) return;
    const step = record.push(text, line.number);
    if (step.kind === 'open') {
      this.checkHeld(record);
      return;
    }
    const { isBroken } = this;
    this.rows++;
    this.isBroken = false;
    if (isBroken) this.requireHeader();
    else if (step.kind === 'record') yield* this.row(step.fields);
    else {
      this.requireHeader();
      this.faults.add('invalid_csv', placeOf({ line: line.number, lineText: text, at: step.at }), step.message);
    }
  }

  /** Gives up the record that is open. */
  private drop(): void {
    this.requireHeader();
    this.record?.reset();
    this.rows++;
    this.isBroken = false;
  }

  private requireHeader(): void {
    if (!this.names) throw new ValidationError('csv: header: expected a line of names in UTF-8, got none');
  }

  private begin(firstLine: string): CsvRecord {
    if (!this.names && /^\s*[{[]/.test(firstLine)) {
      throw new ValidationError(
        'csv: header: expected a line of names, got JSON; a file of JSON lines is named .jsonl',
      );
    }
    const delimiter = this.options.delimiter ?? guessDelimiter(firstLine, this.options.header);
    return new CsvRecord({ delimiter, isQuoted: delimiter !== '\t' });
  }

  private checkHeld(record: CsvRecord): void {
    const opening = record.opening;
    if (!opening || record.heldUnits <= this.options.maxRowBytes) return;
    const message = `expected a closing quote within ${this.options.maxRowBytes} bytes, got none`;
    this.faults.add('invalid_csv', placeOf(opening), message);
    this.drop();
  }

  private *row(fields: readonly CsvField[]): Generator<RawRow> {
    const first = fields[0]!;
    if (!this.names) {
      this.names = fields.map(({ text }) => text.trim());
      checkHeader(this.names);
      this.rows--;
      return;
    }
    const { names } = this;
    if (fields.length !== names.length) {
      const message = `expected ${names.length} fields as in the header, got ${fields.length}`;
      this.faults.add('field_count', placeOf(fields[names.length] ?? first), message);
      return;
    }
    const values = Object.create(null) as Record<string, string>;
    for (let i = 0; i < names.length; i++) if (names[i] !== '') values[names[i]!] = fields[i]!.text;
    const place = (key?: string) => placeOf((key === undefined ? undefined : fields[names.indexOf(key)]) ?? first)();
    yield { line: first.line, values, isText: true, place };
  }
}

function placeOf({ line, lineText, at }: Omit<CsvField, 'text'>) {
  return () => ({ line, column: countCodePoints(lineText, at) + 1 });
}
