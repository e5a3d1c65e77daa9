import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { TooLargeError } from '../common/errors.js';

/** A body on its way into a store: counted, hashed, and cut off with an error as soon as it passes `maxBytes`. */
export interface MeteredBody {
  readonly stream: Readable;
  /** Known once the stream has ended. */
  result(): { bytes: number; sha256: string };
}

export function meterBody(body: Uint8Array | Readable, maxBytes = Number.MAX_SAFE_INTEGER): MeteredBody {
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        done(new TooLargeError(`object: expected at most ${maxBytes} bytes, got at least ${bytes}`));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const source = body instanceof Readable ? body : Readable.from([body]);
  source.once('error', (error) => meter.destroy(error));
  source.once('close', () => {
    // A source that ends without 'end' was cut off: what came so far is not the object.
    if (!source.readableEnded) meter.destroy(source.errored ?? new Error('object: the body was cut off'));
  });
  source.pipe(meter);
  meter.once('close', () => source.destroy());
  return { stream: meter, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}
