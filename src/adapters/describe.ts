import { AppError } from '../common/errors.js';
import { readSafetensors } from '../engine/io/safetensors.js';
import { sizeOf } from '../engine/tensor.js';
import type { AdapterFiles } from './files.js';
import type { OpenAdapter } from './open.js';
import type { ConformanceReport } from './report.js';

/** A report of which nothing is known but the size of the files. */
export function empty(files: AdapterFiles): ConformanceReport {
  const bytes = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const none = { refusals: [], notes: [], keys: [], tensors: [], ranks: [] };
  return { format: 'unknown', method: 'unknown', served: false, ...none, parameters: 0, bytes };
}

/** What the files say of themselves, before a base is asked. */
export function describe(opened: OpenAdapter, files: AdapterFiles, ranks: readonly number[]): ConformanceReport {
  const tensors = opened.weightFiles.flatMap((name) => tensorsOf(files.get(name)));
  return {
    ...empty(files),
    format: opened.format,
    method: opened.method.name,
    ...(opened.problem && { problem: opened.problem }),
    notes: files.has('card.json') && !opened.card?.has('labels') ? ['card.json names no labels'] : [],
    keys: opened.verdicts,
    tensors,
    ranks,
    parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  };
}

/** A file that cannot be read is listed as empty here; reading it for good says what is wrong with it. */
function tensorsOf(bytes: Uint8Array | undefined): ConformanceReport['tensors'] {
  if (!bytes) return [];
  try {
    return [...readSafetensors(bytes).tensors.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}
