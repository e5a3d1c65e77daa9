import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { WholeModelLayout } from '../adapters/whole-model.js';
import { sha256InSlices } from '../common/digest.js';
import { ModelError, NotFoundError, StorageError } from '../common/errors.js';
import type { RecipeTensor, TensorRecipe } from '../engine/io/tensor-recipe.js';
import type { ObjectStore } from '../storage/object-store.js';
import { tensorKey } from './object-layout.js';

/** Where the tensors of a version lie that is a model of its own; stored as JSON beside its other files. */
export interface ModelManifest extends Omit<WholeModelLayout, 'tasks'> {
  readonly tenantId: string;
  /** Of the base whose tensors `fromBase` names. */
  readonly baseDigest: string;
}

const MANIFEST = '.manifest.json';
const MAX_BYTES = 64 * 1024 * 1024;

export function manifestKey(packedKey: string): string {
  return `${packedKey}${MANIFEST}`;
}

export function isManifest(key: string): boolean {
  return key.endsWith(MANIFEST);
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(0);
const recipe = z
  .object({ header: z.base64(), tensors: z.array(z.object({ name: z.string(), sha256, bytes })), bytes, sha256 })
  .refine((held) => partsBytes(held) === held.bytes, 'expected a header and tensors that fill the file');
const manifest = z.object({
  tenantId: z.string().min(1),
  baseDigest: z.string(),
  weights: recipe,
  packed: recipe,
  fromBase: z.record(z.string(), z.string()),
});

/** @throws StorageError `object_corrupted`  for one that is not as it was written, or of another tenant */
export async function readManifest(store: ObjectStore, key: string): Promise<ModelManifest> {
  const text = Buffer.from(await store.read(key, { maxBytes: MAX_BYTES })).toString();
  try {
    const parsed = manifest.parse(JSON.parse(text));
    if (key.startsWith(`tenants/${parsed.tenantId}/`)) return parsed;
    throw new Error(`one of tenant ${parsed.tenantId}`);
  } catch (cause) {
    const got = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw corrupted(key, `expected the manifest of a model, got ${got}`);
  }
}

/**
 * The packed brick, in shared memory, out of the tenant's tensors. Each is read in pieces to its place, so that nothing is
 * held but the brick, and is checked by its digest.
 *
 * @param wanted  sha256 of the whole
 * @throws StorageError  `object_corrupted` or `object_missing`, naming the object
 */
export async function readPackedModel(store: ObjectStore, key: string, wanted: string): Promise<Uint8Array> {
  const { tenantId, packed } = await readManifest(store, key);
  if (packed.sha256 !== wanted) throw corrupted(key, `expected the manifest of ${wanted}, got one of ${packed.sha256}`);
  const file = new Uint8Array(new SharedArrayBuffer(packed.bytes));
  const header = headerOf(packed);
  file.set(header);
  let at = header.byteLength;
  for (const part of packed.tensors) {
    for await (const piece of readPart(store, tenantId, part)) {
      file.set(piece, at);
      at += piece.byteLength;
    }
  }
  return file;
}

/**
 * model.safetensors as it was, in pieces; of the base one tensor at a time is in memory. Ends with an error where a tensor
 * is not what it was.
 */
export function openWeights(
  store: ObjectStore,
  { tenantId, weights, fromBase }: ModelManifest,
  baseTensor: (name: string) => Uint8Array,
): Readable {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield headerOf(weights);
    for (const part of weights.tensors) {
      const canonical = fromBase[part.name];
      if (canonical === undefined) yield* readPart(store, tenantId, part);
      else yield await asItWas(canonical, baseTensor(canonical), part);
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

/** One tensor in pieces, never more bytes than it has. */
async function* readPart(store: ObjectStore, tenantId: string, part: RecipeTensor): AsyncGenerator<Uint8Array> {
  if (part.bytes === 0) return;
  const key = tensorKey(tenantId, part.sha256);
  const hash = createHash('sha256');
  let got = 0;
  for await (const piece of (await openPart(store, key)) as AsyncIterable<Uint8Array>) {
    got += piece.byteLength;
    if (got > part.bytes) break;
    hash.update(piece);
    yield piece;
  }
  if (got !== part.bytes) throw corrupted(key, `expected ${part.bytes} bytes, got ${got > part.bytes ? 'more' : got}`);
  const digest = hash.digest('hex');
  if (digest !== part.sha256) throw corrupted(key, `expected content of sha256 ${part.sha256}, got ${digest}`);
}

/** What a model is made of is held by it; that a part is not there is the store's fault and no caller's. */
async function openPart(store: ObjectStore, key: string): Promise<Readable> {
  try {
    return await store.get(key);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new StorageError(`object ${key}: expected a tensor of a model, got none`, { code: 'object_missing', cause });
  }
}

async function asItWas(name: string, held: Uint8Array, part: RecipeTensor): Promise<Uint8Array> {
  if ((await sha256InSlices(held)) === part.sha256) return held;
  throw new ModelError(`base model: expected ${name} as it was when the version was made, got other numbers`);
}

function headerOf({ header }: Pick<TensorRecipe, 'header'>): Uint8Array {
  return Buffer.from(header, 'base64');
}

function partsBytes({ header, tensors }: Pick<TensorRecipe, 'header' | 'tensors'>): number {
  return tensors.reduce((sum, part) => sum + part.bytes, headerOf({ header }).byteLength);
}

function corrupted(key: string, message: string): StorageError {
  return new StorageError(`object ${key}: ${message}`, { code: 'object_corrupted' });
}
