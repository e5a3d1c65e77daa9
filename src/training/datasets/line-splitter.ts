import { Buffer } from 'node:buffer';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line feed; a carriage return before it stays. */
  readonly bytes: Buffer;
  /** The line is longer than the limit; `bytes` is its beginning. */
  readonly isCut: boolean;
}

const LINE_FEED = 10;

/**
 * Cuts a stream of bytes into lines at line feeds, a byte that occurs in no UTF-8 sequence of several.
 *
 * Between calls it holds at most `maxLineBytes`: the rest of a longer line is passed over until its line feed.
 */
export class LineSplitter {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private isCut = false;
  private number = 0;

  constructor(private readonly maxLineBytes: number) {}

  /** The lines that end in `chunk`. They may share its memory. */
  *push(chunk: Uint8Array): Generator<Line> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      this.hold(bytes.subarray(start, end));
      yield this.take();
      start = end + 1;
    }
    this.hold(bytes.subarray(start), true);
  }

  /** The last line, when the file does not end with a line feed. */
  *end(): Generator<Line> {
    if (this.pendingBytes > 0 || this.isCut) yield this.take();
  }

  /** @param copy  what stays until the next chunk must not share memory with this one, which the source may reuse */
  private hold(part: Buffer, copy = false): void {
    const room = this.maxLineBytes - this.pendingBytes;
    if (part.byteLength > room) this.isCut = true;
    const kept = part.byteLength > room ? part.subarray(0, room) : part;
    if (kept.byteLength === 0) return;
    this.pending.push(copy ? Buffer.from(kept) : kept);
    this.pendingBytes += kept.byteLength;
  }

  private take(): Line {
    const bytes = this.pending.length === 1 ? this.pending[0]! : Buffer.concat(this.pending);
    const line = { number: ++this.number, bytes, isCut: this.isCut };
    this.pending = [];
    this.pendingBytes = 0;
    this.isCut = false;
    return line;
  }
}
