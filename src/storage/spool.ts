import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MeteredBody } from './metered-body.js';

/** A body whose size and sha256 are known before it is sent, and that can be sent again. */
export interface SpooledBody {
  readonly bytes: number;
  readonly sha256: string;
  open(): Readable;
  discard(): Promise<void>;
}

/** Keeps a body of unknown size in a file of `directory`; one that is in memory stays there. */
export async function spool(body: Uint8Array | Readable, directory: string, maxBytes?: number): Promise<SpooledBody> {
  const content = new MeteredBody(body, maxBytes);
  if (!(body instanceof Readable)) {
    for await (const _ of content);
    return { bytes: content.bytes, sha256: content.sha256, open: () => Readable.from([body]), discard: async () => {} };
  }
  const path = join(directory, randomUUID());
  const discard = () => rm(path, { force: true });
  try {
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    await discard();
    throw error;
  }
  return { bytes: content.bytes, sha256: content.sha256, open: () => createReadStream(path), discard };
}
