import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConflictError } from '../../common/errors.js';
import { readSafetensors, writeSafetensors } from '../../engine/io/safetensors.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { writeWhole } from './model-directory.js';
import type { PreparedCorpus } from './prepare.js';

export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Moving average of the loss. */
  readonly averageLoss: number;
}

/** A name of all that decides a run: two runs of one name take the same steps. */
export function runFingerprint(settings: unknown, { tokens, texts }: PreparedCorpus): string {
  const hash = createHash('sha256').update(JSON.stringify([settings, tokens]));
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
}

export async function saveCheckpoint(
  path: string,
  tensors: ReadonlyMap<string, Tensor<'float32'>>,
  { progress, fingerprint }: { progress: Progress; fingerprint: string },
): Promise<void> {
  await writeWhole(path, writeSafetensors(tensors, { fingerprint, progress: JSON.stringify(progress) }));
}

/**
 * The checkpoint at `path`, or nothing.
 *
 * @throws ConflictError  when it is of another run: other settings or another corpus
 */
export async function loadCheckpoint(
  path: string,
  fingerprint: string,
): Promise<{ progress: Progress; tensors: Map<string, Tensor<'float32'>> } | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata['fingerprint'] !== fingerprint) {
    throw new ConflictError(`${path}: expected a checkpoint of these settings and this corpus, got one of others`);
  }
  return {
    progress: JSON.parse(metadata['progress'] ?? '') as Progress,
    tensors: new Map([...tensors].map(([name, held]) => [name, tensor('float32', held.shape, held.toFloat32())])),
  };
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
