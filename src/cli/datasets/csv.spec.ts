import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.js';

describe('parseCsv', () => {
  it.each<[string, string, string[][]]>([
    [
      'plain fields',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'no line break at the end',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'Windows line ends',
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['commas, line breaks and quotes inside quotes', '"a,1\n2","say ""x"""\n', [['a,1\n2', 'say "x"']]],
    [
      'empty fields',
      ',\n"",x\n',
      [
        ['', ''],
        ['', 'x'],
      ],
    ],
    ['a comma at the very end', 'a,', [['a', '']]],
    ['an empty line', 'a\n\nb', [['a'], [''], ['b']]],
    ['nothing', '', []],
  ])('reads %s', (_what, text, rows) => expect(parseCsv(text)).toEqual(rows));

  it.each(['"open', '"a"b,c', 'a"b'])('refuses %s', (text) => {
    expect(() => parseCsv(text)).toThrow(/^csv: expected a field at character/);
  });
});
