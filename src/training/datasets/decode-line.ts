import { isUtf8 } from 'node:buffer';
import { ValidationError } from '../../common/errors.js';
import type { FaultSink } from './fault.js';
import type { Line } from './line-splitter.js';

/** Length of a UTF-8 sequence by its first byte; 0 for a byte that begins none. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** Index from 0, in code points, of the first byte that is not UTF-8. */
function faultyPoint(bytes: Uint8Array): number {
  let point = 0;
  for (let at = 0; at < bytes.length; point++) {
    const length = sequenceLength(bytes[at]!);
    if (length === 0 || at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length))) break;
    at += length;
  }
  return point;
}

/**
 * The text of a line, without a byte order mark on the first line and a carriage return at the end; undefined, and a
 * fault, when it is cut or not UTF-8.
 *
 * @throws ValidationError  when the file begins with the byte order mark of UTF-16, since then no line of it is readable
 */
export function decodeLine(line: Line, faults: FaultSink): string | undefined {
  let { bytes } = line;
  if (line.number === 1) {
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
      throw new ValidationError('file: expected UTF-8, got UTF-16: save it as UTF-8');
    }
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
  }
  if (line.isCut) {
    const message = `expected at most ${line.bytes.byteLength} bytes in a row, got more`;
    faults.add('row_too_long', () => ({ line: line.number, column: 1 }), message);
    return undefined;
  }
  if (bytes.at(-1) === 13) bytes = bytes.subarray(0, -1);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const place = () => ({ line: line.number, column: faultyPoint(bytes) + 1 });
  faults.add('invalid_utf8', place, 'expected UTF-8, got bytes that are not');
  return undefined;
}
