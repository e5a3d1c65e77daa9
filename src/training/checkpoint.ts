import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConflictError } from '../common/errors.js';
import { readSafetensors, writeSafetensors } from '../engine/io/safetensors.js';
import type { Tensor } from '../engine/tensor.js';
import { doraOptions, loraOptions } from './methods/options.js';

const FOLDER = 'checkpoints';
const STATE = 'state.safetensors';
const PROGRESS = 'progress.json';
/** How many are kept: the newest, and those that may be being read. */
const KEPT = 3;

const growingMethod = z.discriminatedUnion('name', [loraOptions, doraOptions]);
const metrics = z.record(z.string(), z.number());

const progressSchema = z.object({
  version: z.literal(1),
  /** Of all that decides the run; a checkpoint of another run is refused. */
  fingerprint: z.string(),
  /** sha256 of the state file. */
  state: z.string(),
  /** Optimiser steps done. */
  step: z.int().min(0),
  trainedTokens: z.int().min(0),
  /** Sum of the losses of the current epoch's steps, and their number. */
  recentLoss: z.object({ sum: z.number(), steps: z.int() }),
  /** Of a run that adapts: losses since the last change, and the changes so far. */
  adapting: z
    .object({
      windows: z.object({
        sum: z.number(),
        steps: z.int(),
        before: z.number().nullable(),
        first: z.number().nullable(),
      }),
      changes: z.array(z.object({ step: z.int(), method: growingMethod })),
    })
    .optional(),
  best: z.object({ step: z.int(), value: z.number().nullable(), metrics, stale: z.int() }).optional(),
});

/** Where a run stands: with the tensors, all that the next step depends on. Random streams are named by step. */
export type Progress = Omit<z.infer<typeof progressSchema>, 'version' | 'state'>;

export interface Checkpoint {
  readonly progress: Progress;
  /** State by its names, and the best step's parameters as `best.<name>`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Writes a checkpoint as a folder that is there whole or not at all: its files are written and synced under another name,
 * which is then changed.
 *
 * @returns its directory
 */
export async function saveCheckpoint(directory: string, { progress, tensors }: Checkpoint): Promise<string> {
  const folder = join(directory, FOLDER);
  await mkdir(folder, { recursive: true });
  const name = `step-${String(progress.step).padStart(9, '0')}`;
  const [draft, final] = [join(folder, `.${name}`), join(folder, name)];
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  const bytes = writeSafetensors(tensors);
  await writeDurably(join(draft, STATE), bytes);
  const json = { version: 1, ...progress, state: sha256(bytes) };
  await writeDurably(join(draft, PROGRESS), new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`));
  await syncFolder(draft);
  await rm(final, { recursive: true, force: true });
  await rename(draft, final);
  await syncFolder(folder);
  for (const old of (await complete(folder)).slice(0, -KEPT)) await rm(join(folder, old), { recursive: true });
  return final;
}

/**
 * The newest checkpoint whose files are whole, or nothing.
 *
 * @throws ConflictError  when it is of another run
 */
export async function loadCheckpoint(directory: string, fingerprint: string): Promise<Checkpoint | undefined> {
  const folder = join(directory, FOLDER);
  for (const name of (await complete(folder)).reverse()) {
    const found = await readWhole(join(folder, name));
    if (!found) continue;
    if (found.progress.fingerprint !== fingerprint) {
      throw new ConflictError(
        `checkpoint: ${name}: expected one of this run, got one of another specification or data`,
      );
    }
    return found;
  }
  return undefined;
}

/** Names of checkpoint folders, oldest first. */
async function complete(folder: string): Promise<string[]> {
  const names = await orNothing(readdir(folder));
  return (names ?? []).filter((name) => /^step-\d+$/.test(name)).sort();
}

/** Nothing when a file is missing or is not what was written. */
async function readWhole(folder: string): Promise<Checkpoint | undefined> {
  const [json, bytes] = await Promise.all([readIfThere(join(folder, PROGRESS)), readIfThere(join(folder, STATE))]);
  if (!json || !bytes) return undefined;
  const parsed = progressSchema.safeParse(parseJson(json));
  if (!parsed.success || parsed.data.state !== sha256(bytes)) return undefined;
  const { version: _version, state: _state, ...progress } = parsed.data;
  const tensors = [...readSafetensors(bytes).tensors].map(([name, held]) => [name, held.toTensor()] as const);
  return { progress, tensors: new Map(tensors) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a torn file, which an older checkpoint stands in for
    throw error;
  }
}

function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return orNothing(readFile(path));
}

/** Nothing in the place of what is not there. */
async function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file and waits until it is on the disk. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
