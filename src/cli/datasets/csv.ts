import { ValidationError } from '../../common/errors.js';

/**
 * Rows of a comma-separated file: fields may be quoted, a quoted field may hold commas, line breaks and doubled quotes.
 *
 * RFC 4180, "Common Format and MIME Type for CSV Files", §2.
 *
 * @throws ValidationError  for a quoted field that does not end, or that is followed by anything but a comma or a line end
 */
export function parseCsv(text: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (field.lastIndex < text.length) {
    const start = field.lastIndex;
    const [, quoted, plain = '', end] = field.exec(text) ?? [];
    if (end === undefined)
      throw new ValidationError(`csv: expected a field at character ${start}, got ${shown(text, start)}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',' && field.lastIndex < text.length) continue;
    if (end === ',') row.push(''); // the file ends with a comma: one more field, empty
    rows.push(row);
    row = [];
  }
  return rows;
}

function shown(text: string, start: number): string {
  return JSON.stringify(text.slice(start, start + 40));
}
