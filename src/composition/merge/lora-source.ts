import { IncompatibleAdapterError } from '../../common/errors.js';
import { booleanKey, stringKey, type Config } from '../../adapters/config.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { requireKeys } from '../../adapters/key-rules.js';
import { alphaOf, lora, loraScale, type LoraField } from '../../adapters/methods/lora.js';
import { openAdapter, sourceOf } from '../../adapters/open.js';
import { Patterns } from '../../adapters/patterns.js';
import type { LayerTensors } from '../../adapters/peft-tuner.js';
import { expectShape, type Weights } from '../../adapters/weights.js';

/** ΔW = scale · B · A of one module, as a checkpoint has it. */
export interface LoraModule {
  readonly isEmbedding: boolean;
  readonly rank: number;
  readonly in: number;
  readonly out: number;
  readonly a: Float32Array; // [rank, in]
  readonly b: Float32Array; // [out, rank]
  readonly scale: number;
  readonly bias?: Float32Array | undefined; // [out], of B; the scale acts on it too
}

/** A LoRA checkpoint to merge, read without a base. */
export interface LoraSource {
  readonly config: Config;
  /** By path in the task model. */
  readonly modules: ReadonlyMap<string, LoraModule>;
  /** The head, where it was trained along. */
  readonly saved: Weights;
  readonly files: AdapterFiles;
}

/**
 * Reads the files of a PEFT LoRA adapter for a merge.
 *
 * @param at  its place in the request, which errors name
 * @throws IncompatibleAdapterError  for other methods; for DoRA and biases of the base trained along, whose change is no
 *   low-rank update of the weight: they compose, but have no merge in this format
 */
export function readLoraSource(files: AdapterFiles, at: string): LoraSource {
  const opened = openAdapter(files);
  if (opened.format !== 'peft' || opened.type !== lora.type)
    throw refused(at, `expected a LoRA adapter of PEFT, got ${opened.type} (${opened.format})`);
  requireKeys(opened.verdicts);
  const { config, layers, saved } = lora.read(sourceOf(opened, files));
  if (booleanKey(config, 'use_dora', false))
    throw refused(at, 'expected no DoRA, whose scale changes the whole weight: compose it in the place of merging it');
  if (stringKey(config, 'bias', 'none') !== 'none')
    throw refused(
      at,
      'expected bias none: biases of the base that were trained along have no weighted form in the file',
    );
  const patterns = new Patterns(config, [...layers.keys()]);
  const modules = [...layers].map(([path, tensors]): [string, LoraModule] => {
    const scaleOf = (rank: number): number => loraScale(config, alphaOf({ patterns, config, path }), rank);
    return [path, moduleOf(path, tensors, scaleOf, at)];
  });
  return { config, modules: new Map(modules), saved, files };
}

function moduleOf(
  path: string,
  tensors: LayerTensors<LoraField>,
  scaleOf: (rank: number) => number,
  at: string,
): LoraModule {
  const isEmbedding = tensors.embeddingA !== undefined;
  const a = tensors.a ?? tensors.embeddingA;
  const b = isEmbedding ? tensors.embeddingB : tensors.b;
  if (!a || !b) throw refused(at, `expected A and B of ${path}, got one of them`);
  const [rank = 0, inWidth = 0] = a.shape;
  const [out = 0] = b.shape;
  expectShape(`${path}: A`, a, [rank, inWidth]);
  expectShape(`${path}: B`, b, [out, rank]);
  const bias = tensors.bias?.data;
  return { isEmbedding, rank, in: inWidth, out, a: a.data, b: b.data, scale: scaleOf(rank), ...(bias && { bias }) };
}

function refused(at: string, rule: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`${at}: ${rule}`, { param: at });
}
