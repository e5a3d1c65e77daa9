import { describe, expect, it } from 'vitest';
import { FaultLog } from './fault.js';
import { type CsvOptions, CsvReader } from './read-csv.js';

function read(text: string | Uint8Array, options: Partial<CsvOptions> = {}, chunk = 3) {
  const faults = new FaultLog();
  const reader = new CsvReader(faults, { maxRowBytes: 1000, ...options });
  const bytes = Buffer.from(text as string);
  const rows = [];
  for (let at = 0; at < bytes.length; at += chunk) rows.push(...reader.push(bytes.subarray(at, at + chunk)));
  rows.push(...reader.end());
  return {
    rows: rows.map(({ values }) => Object.values(values)),
    places: rows.map((row) => Object.keys(row.values).map((key) => [row.place(key).line, row.place(key).column])),
    faults: faults.first.map(({ kind, line, column }) => [kind, line, column]),
    count: reader.rows,
  };
}

describe('CsvReader', () => {
  it.each<[string, string, string[][]]>([
    ['plain fields', 'text,label\nc,d\n', [['c', 'd']]],
    ['no line feed at the end', 'text,label\nc,d', [['c', 'd']]],
    ['Windows line ends and a byte order mark', '\ufefftext,label\r\nc,d\r\n', [['c', 'd']]],
    ['quoted delimiters, line breaks and quotes', 'text,label\n"a,1\n\n2","say ""x"""\n', [['a,1\n\n2', 'say "x"']]],
    ['a quoted quote alone', 'text,label\n"""",x\n', [['"', 'x']]],
    ['empty fields', 'text,label\n,\n"",x\n', [['', ''], ['', 'x']]], // prettier-ignore
    ['blank lines', 'text\n\na\n\nb', [['a'], ['b']]],
    ['tabs, with quotes as plain characters', 'text\tlabel\n"a\tb"c\n', [['"a', 'b"c']]],
    ['semicolons', 'text;label\na,b;c\n', [['a,b', 'c']]],
  ])('reads %s', (_what, text, rows) => {
    for (const chunk of [1, 5, 1000]) expect(read(text, {}, chunk)).toMatchObject({ rows, faults: [] });
  });

  it('knows where each field stands, in code points', () => {
    expect(read('text,label\n"😀\nb",x\n😀,y\n').places).toEqual([
      [
        [2, 1],
        [3, 4],
      ],
      [
        [4, 1],
        [4, 3],
      ],
    ]);
  });

  it.each<[string, string, unknown[], string[][]]>([
    ['a quote inside a plain field', 'text,label\na,b"c\nd,e', [['invalid_csv', 2, 4]], [['d', 'e']]],
    ['text behind a closing quote', 'text,label\n"a"b,c\nd,e', [['invalid_csv', 2, 4]], [['d', 'e']]],
    ['a quote that never closes', 'text,label\nd,e\n"a,b\nc,d', [['invalid_csv', 3, 1]], [['d', 'e']]],
    ['too many fields', 'text,label\na,b,c\nd,e', [['field_count', 2, 5]], [['d', 'e']]],
    ['too few fields', 'text,label\na\nd,e', [['field_count', 2, 1]], [['d', 'e']]],
  ])('says where there is %s and goes on', (_what, text, faults, rows) => {
    expect(read(text)).toMatchObject({ faults, rows, count: 2 });
  });

  it('leaves out a record with bytes that are not UTF-8, also inside quotes', () => {
    const text = Buffer.from('text,label\n"a\nb?",x\nd,e\n');
    text[text.indexOf('?')] = 0xff;
    expect(read(text)).toMatchObject({ faults: [['invalid_utf8', 3, 2]], rows: [['d', 'e']], count: 2 });
  });

  it('gives up a quoted field over the limit, so that memory stays bounded', () => {
    const text = `text,label\n"a\n${'x\n'.repeat(100)}`;
    const { faults } = read(text, { maxRowBytes: 50 });
    expect(faults[0]).toEqual(['invalid_csv', 2, 1]);
  });

  it('takes given names for a file without a header, and finds its delimiter by their number', () => {
    expect(read('a, b\t1\nc, d\t0\n', { header: ['text', 'label'] }).rows).toEqual([['a, b', '1'], ['c, d', '0']]); // prettier-ignore
  });

  it('refuses a header that is not UTF-8, not CSV or too long', () => {
    expect(() => read(Buffer.from([0xff, 0x0a, 0x61]))).toThrow('expected a line of names in UTF-8');
    expect(() => read('text,la"bel\na,b')).toThrow('expected a line of names');
    expect(() => read('text,label\na,b', { maxRowBytes: 5 })).toThrow('expected a line of names');
  });

  it('goes on behind a line that is too long', () => {
    const { rows, faults } = read('text,label\naaaaaaaaaaaaaaa,b\nc,d', { maxRowBytes: 12 });
    expect([rows, faults]).toEqual([[['c', 'd']], [['row_too_long', 2, 1]]]);
  });

  it('refuses a header that repeats a name, and one without names', () => {
    expect(() => read('text,text\na,b')).toThrow('got text twice');
    expect(() => read(',\na,b')).toThrow('expected names of columns');
  });

  it('keeps a column named like a part of every object', () => {
    expect(read('__proto__,constructor\na,b').rows).toEqual([['a', 'b']]);
  });
});
