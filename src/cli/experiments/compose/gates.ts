import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatePlace } from '../../../adapters/brick.js';
import type { GateVectors } from '../../../composition/routing/gate-vectors.js';
import { createOnnxExecutor } from '../../../engine/executors/onnx.js';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { tensor } from '../../../engine/tensor.js';
import { directorySource } from '../../../models/directory-source.js';
import { loadBaseModel } from '../../../models/load.js';
import { fitPhatgoose } from '../../../training/fits/phatgoose.js';
import { linesOf, type LabelledText } from '../../datasets/labelled-text.js';
import { SHARED } from './settings.js';
import { readBrick } from './stage.js';

export interface GatesRequest {
  /** Directory of the base with the shared head. */
  readonly base: string;
  /** Directory of the brick. */
  readonly adapter: string;
  /** The brick's own texts, JSONL. */
  readonly train: string;
  readonly seed: number;
}

/** Fits the gates of PHATGOOSE for one brick and writes them beside it. */
export async function writeGates({ base: from, adapter, train, seed }: GatesRequest): Promise<void> {
  const base = await loadBaseModel(directorySource(from));
  const examples = linesOf(await readFile(train, 'utf8')).map((line) => JSON.parse(line) as LabelledText);
  const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-gates-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: SHARED.threads, plansMemory: false, cacheDir });
  try {
    const brick = await readBrick(adapter, base);
    const { maxTokens } = SHARED;
    const data = { base, task: 'sequence_classification', labels: base.labels!, examples, maxTokens } as const;
    const { gates } = await fitPhatgoose({ ...data, brick, seed }, executor);
    const tensors = Object.entries(gates).map(([place, v]) => [place, tensor('float32', [v.length], v)] as const);
    await writeFile(pathOf(adapter), writeSafetensors(new Map(tensors)));
  } finally {
    await executor.dispose();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** @param adapter  directory of the brick */
export async function readGates(adapter: string): Promise<GateVectors> {
  const { tensors } = readSafetensors(await readFile(pathOf(adapter)));
  return Object.fromEntries([...tensors].map(([place, held]) => [place as GatePlace, held.toFloat32()]));
}

function pathOf(adapter: string): string {
  return `${adapter}.gates.safetensors`;
}
