/** A field of a CSV record, and where it begins: a line of the file and a code unit of that line's text, from 0. */
export interface CsvField {
  readonly text: string;
  readonly line: number;
  readonly lineText: string;
  readonly at: number;
}

export interface CsvFormat {
  readonly delimiter: string;
  /** Fields in double quotes may hold delimiters, line breaks and doubled quotes. */
  readonly isQuoted: boolean;
}

export type CsvStep =
  | { readonly kind: 'record'; readonly fields: readonly CsvField[] }
  /** A quoted field goes on in the next line. */
  | { readonly kind: 'open' }
  | { readonly kind: 'fault'; readonly message: string; readonly at: number };

/**
 * Fields of one CSV record, given a physical line at a time until its quotes are closed.
 *
 * RFC 4180, "Common Format and MIME Type for CSV Files", §2. A quote inside a field that does not begin with one, and
 * anything but a delimiter after a closing quote, are faults, as there.
 */
export class CsvRecord {
  private fields: CsvField[] = [];
  private open: CsvField | undefined;
  /** Code units held by the field that is open. */
  heldUnits = 0;

  constructor(private readonly format: CsvFormat) {}

  /** Where the quote stands that is not closed yet. */
  get opening(): CsvField | undefined {
    return this.open;
  }

  /** @param lineText  one line without its end; after `record` or `fault` the next line begins a new record */
  push(lineText: string, line: number): CsvStep {
    let at = 0;
    for (;;) {
      const next = this.open ? this.closeField(lineText, at) : this.startField(lineText, at, line);
      if (typeof next !== 'number') return next;
      if (next > lineText.length) return this.finish();
      at = next;
    }
  }

  /** Reads on in an open field. Gives the position of the next field, past the end of the line after the last one. */
  private closeField(lineText: string, from: number): CsvStep | number {
    const open = this.open!;
    let end = lineText.indexOf('"', from);
    while (end >= 0 && lineText[end + 1] === '"') end = lineText.indexOf('"', end + 2);
    const part = (end < 0 ? lineText.slice(from) : lineText.slice(from, end)).replaceAll('""', '"');
    this.open = { ...open, text: open.text + part + (end < 0 ? '\n' : '') };
    this.heldUnits += part.length + 1;
    if (end < 0) return { kind: 'open' };
    const after = lineText[end + 1];
    if (after !== undefined && after !== this.format.delimiter) {
      return this.fault(`expected ${JSON.stringify(this.format.delimiter)} or the end after a closing quote`, end + 1);
    }
    this.fields.push(this.open);
    this.open = undefined;
    return end + 2;
  }

  private startField(lineText: string, at: number, line: number): CsvStep | number {
    if (this.format.isQuoted && lineText[at] === '"') {
      this.open = { text: '', line, lineText, at };
      return at + 1;
    }
    const found = lineText.indexOf(this.format.delimiter, at);
    const end = found < 0 ? lineText.length : found;
    const text = lineText.slice(at, end);
    const quote = this.format.isQuoted ? text.indexOf('"') : -1;
    if (quote >= 0) return this.fault('expected no quote in a field that does not begin with one', at + quote);
    this.fields.push({ text, line, lineText, at });
    return end + 1;
  }

  private finish(): CsvStep {
    const { fields } = this;
    this.reset();
    return { kind: 'record', fields };
  }

  private fault(message: string, at: number): CsvStep {
    this.reset();
    return { kind: 'fault', message, at };
  }

  reset(): void {
    this.fields = [];
    this.open = undefined;
    this.heldUnits = 0;
  }
}
