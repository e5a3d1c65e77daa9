import { createHash } from 'node:crypto';
import { ModelError } from '../common/errors.js';
import type { ModelSource } from './model-source.js';

const MIB = 1024 * 1024;

/** Bounds on what is read into memory. */
export interface FileLimits {
  readonly configBytes: number;
  readonly tokenizerBytes: number;
  readonly indexBytes: number;
  /** All weight files together. */
  readonly weightBytes: number;
}

export const DEFAULT_LIMITS: FileLimits = {
  configBytes: MIB,
  tokenizerBytes: 64 * MIB,
  indexBytes: 16 * MIB,
  weightBytes: 16 * 1024 * MIB,
};

/**
 * Reads the files of a model, each checked against its bound before a byte of it is read, and keeps a digest of all that
 * was read. A digest names content: the order of reading does not matter.
 */
export class ModelFiles {
  private readonly digests = new Map<string, string>();

  constructor(private readonly source: ModelSource) {}

  async has(file: string): Promise<boolean> {
    return (await this.source.stat(file)) !== undefined;
  }

  /** Size of a file. @throws ModelError  when it is absent or larger than its bound */
  async requireBytes(file: string, limitBytes: number): Promise<number> {
    const found = await this.source.stat(file);
    if (!found) throw new ModelError(`${file}: expected a file of that name in ${this.source.name}, got none`);
    if (found.bytes > limitBytes) {
      throw new ModelError(`${file}: expected at most ${limitBytes} bytes, got ${found.bytes}`);
    }
    return found.bytes;
  }

  /** @throws ModelError  when the file is absent, larger than its bound or not a JSON object */
  async readJson(file: string, limitBytes: number): Promise<Record<string, unknown>> {
    const read = await this.sequential(file, limitBytes);
    const bytes = await read.next(read.fileBytes);
    read.end();
    let parsed: unknown;
    try {
      parsed = JSON.parse(new TextDecoder().decode(bytes));
    } catch (cause) {
      throw new ModelError(`${file}: expected JSON, got ${(cause as Error).message}`, { cause });
    }
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
    throw new ModelError(`${file}: expected a JSON object, got ${JSON.stringify(parsed).slice(0, 40)}`);
  }

  /** Reads a file piece by piece from its start; its digest counts from `end` on, which wants every byte read. */
  async sequential(file: string, limitBytes: number): Promise<SequentialRead> {
    const fileBytes = await this.requireBytes(file, limitBytes);
    const hash = createHash('sha256');
    let start = 0;
    return {
      fileBytes,
      next: async (bytes) => {
        const piece = await this.source.read(file, { start, bytes });
        start += bytes;
        hash.update(piece);
        return piece;
      },
      end: () => {
        if (start !== fileBytes) throw new ModelError(`${file}: expected ${fileBytes} bytes to be read, got ${start}`);
        this.digests.set(file, hash.digest('hex'));
      },
    };
  }

  /** `sha256:` over the sorted lines `name digest` of the files read so far. */
  digest(): string {
    const lines = [...this.digests].map(([name, digest]) => `${name} ${digest}\n`).sort();
    return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`;
  }
}

export interface SequentialRead {
  readonly fileBytes: number;
  next(bytes: number): Promise<Uint8Array>;
  end(): void;
}
