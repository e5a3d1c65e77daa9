import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExternalRange } from '../io/onnx-model.js';
import type { Tensor } from '../tensor.js';
import { bytesOf } from './onnx-lowering.js';

/** Offsets are multiples of a page, so that ONNX Runtime maps the file instead of reading it. */
const PAGE_BYTES = 4096;
/** Smaller weights stay inside the model: a page each would be wasted on them. */
const MIN_BYTES = 1024;

interface Chunk {
  readonly byteOffset: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes frozen weights once to files that every session maps, however many graphs use them.
 *
 * A file is named by the digest of what it holds and never changes; weights that come later go to a further file. A
 * weight is known by its bytes, so two names for one tensor (tied embeddings, two bases with one layer) are stored once.
 */
export class WeightFiles {
  private readonly ranges = new Map<string, ExternalRange>();
  private readonly digests: WeakMap<ArrayBufferView, string>;
  private last: Promise<void> = Promise.resolve();

  /** @param beside  files whose weights are found here too, and not written again; then these are to be removed */
  constructor(
    private readonly folder: string,
    private readonly beside?: WeightFiles,
  ) {
    this.digests = beside?.digests ?? new WeakMap();
  }

  /** Removes what a process has left that ended before it could remove files of a program's own. */
  static async sweep(folder: string): Promise<void> {
    const left = (await readdir(folder)).filter((name) => name.startsWith(OWN));
    await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  }

  /** Makes sure that every one of these weights is in a file. Calls wait for each other. */
  add(weights: readonly Tensor[]): Promise<void> {
    const next = this.last.catch(() => undefined).then(() => this.addMissing(weights));
    this.last = next;
    return next;
  }

  /** Where an added weight lies; undefined for a small one. */
  find(weight: Tensor): ExternalRange | undefined {
    return this.ranges.get(this.digestOf(weight)) ?? this.beside?.find(weight);
  }

  /** Removes the files of these weights; a session that has mapped them goes on without them. */
  async remove(): Promise<void> {
    const locations = new Set([...this.ranges.values()].map(({ location }) => location));
    this.ranges.clear();
    await Promise.all([...locations].map((location) => rm(join(this.folder, location), { force: true })));
  }

  private async addMissing(weights: readonly Tensor[]): Promise<void> {
    const missing = new Map<string, Uint8Array>();
    for (const weight of weights) {
      const digest = this.digestOf(weight);
      if (weight.data.byteLength >= MIN_BYTES && !this.find(weight)) missing.set(digest, bytesOf(weight.data));
    }
    if (missing.size === 0) return;
    const location = this.beside ? ownFile('weights.bin') : `weights-${sha256([...missing.keys()].join())}.bin`;
    const chunks = new Map<string, Chunk>();
    let end = 0;
    for (const [digest, bytes] of missing) {
      chunks.set(digest, { byteOffset: end, bytes });
      end = Math.ceil((end + bytes.byteLength) / PAGE_BYTES) * PAGE_BYTES;
    }
    await writeOnce(join(this.folder, location), end, [...chunks.values()]);
    for (const [digest, { byteOffset, bytes }] of chunks) {
      this.ranges.set(digest, { location, byteOffset, byteLength: bytes.byteLength });
    }
  }

  private digestOf({ data }: Tensor): string {
    let digest = this.digests.get(data);
    if (digest === undefined) {
      digest = sha256(bytesOf(data));
      this.digests.set(data, digest);
    }
    return digest;
  }
}

const OWN = 'own-';

/** A name for a file that is not kept. */
export function ownFile(ending: string): string {
  return `${OWN}${randomUUID()}-${ending}`;
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Writes a file named by its content, unless it is there already: to a temporary name, then renamed, so that no other
 * process ever sees a part of it.
 */
export async function writeOnce(path: string, byteLength: number, chunks: readonly Chunk[]): Promise<void> {
  const known = await stat(path).catch(() => undefined);
  if (known?.size === byteLength) return;
  await mkdir(join(path, '..'), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const { byteOffset, bytes } of chunks) await writeFully(file, bytes, byteOffset);
      await file.truncate(byteLength);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeFully(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}
