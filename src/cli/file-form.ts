import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { ValidationError } from '../common/errors.js';

/**
 * A multipart body of text fields and one file, `file`, that is read while it is sent: it may be larger than memory.
 *
 * RFC 7578, "Returning Values from Forms: multipart/form-data", §4; quotes and line breaks of a name as browsers send them.
 *
 * @throws ValidationError  for what is no file
 */
export async function fileForm(
  path: string,
  fields: Readonly<Record<string, string>>,
): Promise<{ type: string; body: ReadableStream }> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new ValidationError(`FILE: expected a file that can be read, got ${path}`);
  const boundary = `tessera-${randomUUID()}`;
  const name = basename(path).replace(/["\r\n]/g, encodeURIComponent);
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const [field, value] of Object.entries(fields)) {
      yield Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`);
    }
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`;
    yield Buffer.from(`${head}content-type: application/octet-stream\r\n\r\n`);
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  const body = Readable.toWeb(Readable.from(parts())) as ReadableStream;
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}
