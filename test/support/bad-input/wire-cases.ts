import type { Refusal } from './bad-case.js';

/** Bytes that are sent as they are over a connection of their own. */
export interface WireCase {
  readonly what: string;
  readonly bytes: string;
  /** Absent: nothing of it is answered, and the client goes away. */
  readonly refusal?: Refusal;
}

const KEY = 'Authorization: Bearer :key';
const BODY = '{"model": "bank", "input": "a"}';
const NO_HTTP: Refusal = { status: 400, code: 'invalid_request', param: null, message: 'expected HTTP/1.1' };
const TOO_MUCH: Refusal = { status: 431, code: 'headers_too_large', param: null, message: 'at most 16 KiB' };

const lines = (...all: string[]): string => all.join('\r\n');
const post = (headers: readonly string[], body: string): string =>
  lines('POST /v1/classify HTTP/1.1', 'Host: a', KEY, 'Content-Type: application/json', ...headers, '', body);
const get = (...headers: string[]): string => lines('GET /v1/models HTTP/1.1', 'Host: a', KEY, ...headers, '', '');

export const WIRE_CASES: readonly WireCase[] = [
  { what: 'no HTTP', bytes: 'hello\r\n\r\n', refusal: NO_HTTP },
  { what: 'TLS', bytes: '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', refusal: NO_HTTP },
  { what: 'zeros', bytes: '\0'.repeat(100_000), refusal: NO_HTTP },
  { what: 'an unknown verb', bytes: lines('BREW /v1/models HTTP/1.1', 'Host: a', '', ''), refusal: NO_HTTP },
  { what: 'an unknown version of HTTP', bytes: lines('GET /v1/models HTTP/9.9', 'Host: a', '', ''), refusal: NO_HTTP },
  { what: 'a header without a colon', bytes: get('nonsense'), refusal: NO_HTTP },
  { what: 'a header name with a space', bytes: get('x y: 1'), refusal: NO_HTTP },
  { what: 'a header that goes on in the next line', bytes: get('x: 1', ' 2'), refusal: NO_HTTP },
  { what: 'a NUL in a header', bytes: get('x: a\0b'), refusal: NO_HTTP },
  { what: 'a bare carriage return in a header', bytes: get('x: a\rb: c'), refusal: NO_HTTP },
  { what: 'a header of ten megabytes', bytes: get(`x: ${'a'.repeat(1e7)}`), refusal: TOO_MUCH },
  { what: '100,000 headers', bytes: get(Array.from({ length: 100_000 }, (_none, i) => `x${i}: 1`).join('\r\n')), refusal: TOO_MUCH },
  { what: 'an address of ten megabytes', bytes: lines(`GET /v1/models/${'a'.repeat(1e7)} HTTP/1.1`, 'Host: a', '', ''), refusal: TOO_MUCH },
  { what: 'a length that is no number', bytes: post(['Content-Length: ten'], BODY), refusal: NO_HTTP },
  { what: 'a negative length', bytes: post(['Content-Length: -1'], BODY), refusal: NO_HTTP },
  { what: 'a length past 2⁶⁴', bytes: post(['Content-Length: 99999999999999999999'], BODY), refusal: NO_HTTP },
  { what: 'two lengths', bytes: post([`Content-Length: ${BODY.length}`, 'Content-Length: 5'], BODY), refusal: NO_HTTP },
  { what: 'a length and chunks', bytes: post([`Content-Length: ${BODY.length}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n`), refusal: NO_HTTP },
  { what: 'chunks that are none', bytes: post(['Transfer-Encoding: chunked'], 'zz\r\nnonsense'), refusal: NO_HTTP },
  { what: 'a chunk of 2⁶⁴ bytes', bytes: post(['Transfer-Encoding: chunked'], 'fffffffffffffffff\r\n{'), refusal: NO_HTTP },
  { what: 'a length shorter than the body', bytes: post(['Content-Length: 10', 'Connection: close'], BODY), refusal: { ...NO_HTTP, message: /JSON|expected HTTP/ } },
  { what: 'a length over the limit of bodies', bytes: post(['Content-Length: 4000000000'], '{'), refusal: { status: 413, code: 'too_large', param: null, message: 'too large' } },
  { what: 'a length longer than the body', bytes: post(['Content-Length: 1000'], BODY) },
  { what: 'chunks that do not end', bytes: post(['Transfer-Encoding: chunked'], '5\r\n{"mod') },
  { what: 'half a request line', bytes: 'POST /v1/cla' },
]; // prettier-ignore
