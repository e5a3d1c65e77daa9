import { ValidationError } from '../../common/errors.js';
import { CsvRecord } from './csv-record.js';
import { ALIASES } from './fields.js';

const DELIMITERS = ['\t', ',', ';'] as const;

/**
 * The delimiter of a file by its first line: the one that cuts it into as many fields as there are names, where a header is
 * given, else into most fields with a known name, then into most fields. A tab goes before a comma, since texts hold commas.
 */
export function guessDelimiter(line: string, header?: readonly string[]): string {
  const known = new Set(Object.values(ALIASES).flat());
  const ranked = DELIMITERS.map((delimiter) => {
    const step = new CsvRecord({ delimiter, isQuoted: delimiter !== '\t' }).push(line, 1);
    const names = step.kind === 'record' ? step.fields.map(({ text }) => text.trim().toLowerCase()) : [];
    const named = header ? Number(names.length === header.length) : names.filter((name) => known.has(name)).length;
    return { delimiter, named, fields: names.length };
  });
  ranked.sort((a, b) => b.named - a.named || b.fields - a.fields);
  return ranked[0]!.fields > 1 ? ranked[0]!.delimiter : ',';
}

/** @throws ValidationError  when a name is empty or comes twice, since then a column could not be told by it */
export function checkHeader(names: readonly string[]): void {
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (twice !== undefined) throw new ValidationError(`csv: header: expected distinct names, got ${twice} twice`);
  if (names.every((name) => name === '')) throw new ValidationError('csv: header: expected names of columns, got none');
}
