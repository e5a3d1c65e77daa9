import { countCodePoints } from '../../common/code-points.js';
import { ValidationError } from '../../common/errors.js';
import { parseStrictJson } from '../../engine/io/strict-json.js';
import { chatRow } from './chat-row.js';
import { decodeLine } from './decode-line.js';
import { shown, type FaultSink } from './fault.js';
import { valueColumns } from './json-columns.js';
import { type Line, LineSplitter } from './line-splitter.js';
import type { RawRow, RowReader } from './raw-row.js';

/** Reads JSON Lines: one object a line, blank lines passed over. Rows in OpenAI's chat format become a text and a label. */
export class JsonlReader implements RowReader {
  rows = 0;
  private readonly lines: LineSplitter;

  constructor(
    private readonly faults: FaultSink,
    options: { readonly maxRowBytes: number },
  ) {
    this.lines = new LineSplitter(options.maxRowBytes);
  }

  *push(chunk: Uint8Array): Generator<RawRow> {
    for (const line of this.lines.push(chunk)) yield* this.row(line);
  }

  *end(): Generator<RawRow> {
    for (const line of this.lines.end()) yield* this.row(line);
  }

  private *row(line: Line): Generator<RawRow> {
    const text = decodeLine(line, this.faults);
    if (text?.trim() === '') return;
    this.rows++;
    if (text === undefined) return;
    const values = this.parse(text, line.number);
    if (values === undefined) return;
    let columns: Map<string, number> | undefined;
    const place = (key?: string) => {
      columns ??= valueColumns(text);
      return { line: line.number, column: (key === undefined ? undefined : columns.get(key)) ?? 1 };
    };
    const row: RawRow = { line: line.number, values, isText: false, place };
    const plain = 'messages' in values ? chatRow(row, this.faults) : row;
    if (plain !== undefined) yield plain;
  }

  private parse(text: string, line: number): Record<string, unknown> | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      const { at, rule } = jsonFault(text);
      const kind = NOT_FINITE.test(text.slice(at, at + 10)) ? 'not_finite' : 'invalid_json';
      this.faults.add(kind, () => ({ line, column: countCodePoints(text, at) + 1 }), rule);
      return undefined;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    this.faults.add('wrong_type', () => ({ line, column: 1 }), `expected an object on each line, got ${shown(value)}`);
    return undefined;
  }
}

/** What Python writes for numbers that JSON has no word for. */
const NOT_FINITE = /^(NaN|-?Infinity)/;

/** Where and why text is no JSON. The standard parser does not always say where, so the stricter one is asked. */
function jsonFault(text: string): { at: number; rule: string } {
  try {
    parseStrictJson(text, 'row');
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const [, rule, at] = /^row: (.*) at character (\d+)$/.exec(error.message) ?? [];
    if (rule !== undefined && at !== undefined) {
      const got = Number(at) >= text.length ? 'the end of the line' : shown(text.slice(Number(at), Number(at) + 20));
      return { at: Number(at), rule: `${rule}, got ${got}` };
    }
  }
  return { at: 0, rule: 'expected JSON' };
}
