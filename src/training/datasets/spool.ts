import { closeSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Buffer } from 'node:buffer';
import type { Example } from './example.js';
import { LineSplitter } from './line-splitter.js';

const BUFFER_BYTES = 1 << 20;

/** Writes lines to a new file, a mebibyte at a time. */
export class LineWriter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  bytes = 0;

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<LineWriter> {
    return new LineWriter(await open(path, 'wx'));
  }

  /** @returns bytes written, line feed included */
  add(line: string): number {
    const bytes = Buffer.from(`${line}\n`);
    this.held.push(bytes);
    this.heldBytes += bytes.byteLength;
    this.bytes += bytes.byteLength;
    return bytes.byteLength;
  }

  /** Call between chunks of rows: writes what is held once that is much. */
  async drain(): Promise<void> {
    if (this.heldBytes >= BUFFER_BYTES) await this.flush();
  }

  /** Also makes the file's content durable. */
  async close(): Promise<void> {
    try {
      await this.flush();
      await this.file.sync();
    } finally {
      await this.file.close();
    }
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.held);
    this.held = [];
    this.heldBytes = 0;
    for (let at = 0; at < bytes.byteLength;) at += (await this.file.write(bytes, at)).bytesWritten;
  }
}

/** The examples of a file written by us, in batches, each with its number from 0. */
export async function* readExamples(path: string): AsyncGenerator<Generator<[number, Example]>> {
  const lines = new LineSplitter(Infinity);
  const file = await open(path, 'r');
  let row = 0;
  function* parsed(chunk: Iterable<{ readonly bytes: Buffer }>): Generator<[number, Example]> {
    for (const { bytes } of chunk) yield [row++, JSON.parse(bytes.toString('utf8')) as Example];
  }
  const stream = file.createReadStream({ highWaterMark: BUFFER_BYTES });
  for await (const chunk of stream) yield parsed(lines.push(chunk as Buffer));
  yield parsed(lines.end());
}

/** Reads single examples of a file by their place. */
export class ExampleReader {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'r');
  }

  read(offset: number, bytes: number): Example {
    const buffer = Buffer.allocUnsafe(bytes);
    readSync(this.file, buffer, 0, bytes, offset);
    return JSON.parse(buffer.toString('utf8')) as Example;
  }

  close(): void {
    closeSync(this.file);
  }
}
