import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorAnswer } from './error-body.js';

/** How long the rest of what is sent is read and dropped. */
const LINGER_MS = 1_000;

const ANSWERS: Readonly<Record<string, { statusCode: number; message: string }>> = {
  HPE_HEADER_OVERFLOW: { statusCode: 431, message: 'headers: expected at most 16 KiB, address included, got more' },
  ERR_HTTP_REQUEST_TIMEOUT: { statusCode: 408, message: 'request: expected within its time limit, got a part of it' },
};

/** Answers bytes that are no HTTP request in the shape of every other error, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  socket.end(responseTo(error.code));
  socket.resume(); // closed at once, a client that is still sending would be reset before it reads why
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function responseTo(code = ''): string {
  const known = ANSWERS[code] ?? { statusCode: 400, message: 'request: expected HTTP/1.1, got other bytes' };
  const { status, body } = errorAnswer(Object.assign(new Error(), known));
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}
