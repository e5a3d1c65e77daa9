import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { TooLargeError } from '../common/errors.js';

const SLICE_BYTES = 512 * 1024;

/** A body on its way into a store: counted, hashed, and cut off with an error as soon as it passes `maxBytes`. */
export class MeteredBody implements AsyncIterable<Uint8Array> {
  private readonly hash = createHash('sha256');
  private readonly source: AsyncIterable<Uint8Array> | Readable;
  private size = 0;
  private digest: string | undefined;

  constructor(
    body: Uint8Array | Readable,
    private readonly maxBytes = Number.MAX_SAFE_INTEGER,
  ) {
    this.source = body instanceof Readable ? body : slicesOf(body);
    // The caller may go while nobody reads yet; reading then throws the same error.
    if (body instanceof Readable) body.on('error', () => undefined);
  }

  get bytes(): number {
    return this.size;
  }

  /** Of everything that was read; ask for it when the body has ended. */
  get sha256(): string {
    return (this.digest ??= this.hash.digest('hex'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.source as AsyncIterable<Uint8Array>) {
      this.size += chunk.byteLength;
      if (this.size > this.maxBytes) {
        throw new TooLargeError(`object: expected at most ${this.maxBytes} bytes, got at least ${this.size}`);
      }
      this.hash.update(chunk);
      yield chunk;
    }
  }
}

/** A large body is hashed piece by piece, and the event loop has a turn between two. */
async function* slicesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start === 0 || start < body.byteLength; start += SLICE_BYTES) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve));
    yield body.subarray(start, start + SLICE_BYTES);
  }
}
