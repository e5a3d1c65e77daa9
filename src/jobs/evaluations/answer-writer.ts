import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { TooLargeError } from '../../common/errors.js';
import { ANSWER_FILES } from '../../runtime/report-evaluation.js';
import type { AskedRow } from './model-asker.js';

/** Scores of one evaluation, rows times labels: 128 MiB. */
const MAX_SCORES = 1 << 25;
const MAX_ROWS = 1_000_000;

/** Writes answers to the files that are measured: open → closed, whatever comes between. */
export class AnswerWriter {
  rows = 0;
  private scores = 0;
  private readonly streams: readonly WriteStream[];

  constructor(directory: string) {
    this.streams = [ANSWER_FILES.rows, ANSWER_FILES.scores].map((name) => createWriteStream(join(directory, name)));
    for (const stream of this.streams) stream.on('error', () => undefined); // told by the write and by close
  }

  /** @throws TooLargeError  beyond a million rows or 2²⁵ scores */
  async write(answers: readonly AskedRow[]): Promise<void> {
    this.rows += answers.length;
    this.scores += answers.reduce((sum, { scores }) => sum + scores.length, 0);
    if (this.rows > MAX_ROWS || this.scores > MAX_SCORES) {
      throw new TooLargeError(
        `dataset: expected at most ${MAX_ROWS} rows and ${MAX_SCORES} scores, got ${this.rows} and ${this.scores}`,
        { param: 'dataset' },
      );
    }
    const lines = answers.map(({ answer }) => `${JSON.stringify(answer)}\n`).join('');
    const numbers = Buffer.concat(answers.map(({ scores }) => toBytes(scores)));
    await Promise.all(this.streams.map((stream, at) => add(stream, at === 0 ? Buffer.from(lines) : numbers)));
  }

  /** Everything is on disk. */
  async close(): Promise<void> {
    await Promise.all(
      this.streams.map(async (stream) => {
        stream.end();
        await finished(stream);
      }),
    );
  }

  /** Closes what is open, whether or not it could be written. */
  discard(): void {
    for (const stream of this.streams) stream.destroy();
  }
}

async function add(stream: WriteStream, bytes: Buffer): Promise<void> {
  if (stream.errored) throw stream.errored;
  if (!stream.write(bytes)) await once(stream, 'drain');
}

function toBytes(scores: Float32Array): Buffer {
  const bytes = Buffer.alloc(scores.length * 4);
  scores.forEach((score, at) => bytes.writeFloatLE(score, 4 * at));
  return bytes;
}
