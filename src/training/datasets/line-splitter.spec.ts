import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.js';

function split(text: string, chunk: number, limit = 100) {
  const bytes = Buffer.from(text);
  const lines = new LineSplitter(limit);
  const found = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = Buffer.from(bytes.subarray(at, at + chunk));
    for (const line of lines.push(part)) found.push({ ...line, bytes: line.bytes.toString() });
    part.fill(0x7a); // a source may use its buffer again
  }
  for (const line of lines.end()) found.push({ ...line, bytes: line.bytes.toString() });
  return found;
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = 'ä\n\nlonger line\r\nlast';
    const whole = split(text, 1000);
    expect(whole.map(({ number, bytes }) => [number, bytes])).toEqual([
      [1, 'ä'],
      [2, ''],
      [3, 'longer line\r'],
      [4, 'last'],
    ]);
    for (const chunk of [1, 2, 3, 7]) expect(split(text, chunk)).toEqual(whole);
  });

  it('marks a line over the limit, holds no more of it, and goes on behind it', () => {
    for (const chunk of [1, 4, 1000]) {
      expect(split('abcdef\nabcde\nx', chunk, 5)).toEqual([
        { number: 1, bytes: 'abcde', isCut: true },
        { number: 2, bytes: 'abcde', isCut: false },
        { number: 3, bytes: 'x', isCut: false },
      ]);
    }
  });

  it('gives nothing for nothing', () => expect(split('', 1)).toEqual([]));
});
