import { describe, expect, it } from 'vitest';
import { decodeLine } from './decode-line.js';
import { FaultLog } from './fault.js';

const decode = (bytes: number[] | string, number = 2, isCut = false) => {
  const faults = new FaultLog();
  const text = decodeLine({ number, bytes: Buffer.from(bytes as string), isCut }, faults);
  return { text, faults: faults.first.map(({ kind, line, column }) => [kind, line, column]) };
};

describe('decodeLine', () => {
  it('takes off a carriage return, and a byte order mark on the first line only', () => {
    expect(decode('\ufeffa\r', 1).text).toBe('a');
    expect(decode('\ufeffa').text).toBe('\ufeffa');
  });

  it.each([
    ['a lone continuation byte', [0x61, 0x80], 2],
    ['an overlong form', [0xc0, 0xaf], 1],
    ['half a surrogate pair', [0xc3, 0xa4, 0xed, 0xa0, 0x80], 2],
    ['a sequence cut by the end', [0xf0, 0x9f, 0x98], 1],
    ['more than Unicode holds', [0x61, 0x61, 0xf5, 0x80, 0x80, 0x80], 3],
    ['Latin-1 after an emoji', [...Buffer.from('😀'), 0xe4], 2],
  ])('finds the column of %s', (_what, bytes, column) => {
    expect(decode(bytes)).toEqual({ text: undefined, faults: [['invalid_utf8', 2, column]] });
  });

  it('refuses a file in UTF-16 as a whole', () => {
    expect(() => decode([0xff, 0xfe, 0x61, 0], 1)).toThrow('expected UTF-8, got UTF-16');
  });

  it('refuses a cut line', () => expect(decode('a', 1, true).faults).toEqual([['row_too_long', 1, 1]]));
});
