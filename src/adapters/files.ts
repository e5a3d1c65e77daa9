import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError, TooLargeError, ValidationError } from '../common/errors.js';

/** The files of one adapter by name, as a client uploads them or a directory holds them. */
export type AdapterFiles = ReadonlyMap<string, Uint8Array>;

const MEBIBYTE = 1024 * 1024;

/** What each file we read may weigh, in bytes. */
const READ: ReadonlyMap<string, number> = new Map([
  ['adapter_config.json', MEBIBYTE],
  ['head_config.json', MEBIBYTE],
  ['card.json', MEBIBYTE],
  ['verbaliser.json', MEBIBYTE],
  ['routing.safetensors', 256 * MEBIBYTE],
  ['router.json', MEBIBYTE],
  ['router.safetensors', 1024 * MEBIBYTE],
  ['adapter_fusion_config.json', MEBIBYTE],
  ['model_adapter_fusion.safetensors', 1024 * MEBIBYTE],
  ['adapter_model.safetensors', 1024 * MEBIBYTE],
  ['adapter.safetensors', 1024 * MEBIBYTE],
  ['model_head.safetensors', 256 * MEBIBYTE],
]);

/** Files that PEFT, AdapterHub or a trainer put beside an adapter and that do not change its numbers. */
const PASSED_OVER = new Set(['README.md', '.gitattributes', 'LICENSE', 'adapter_setup.json', 'adapter_interface.json']);

/** Weights that only a pickle reader could open. */
const PICKLED = /\.(bin|pt|pth|ckpt|pkl)$/;

/** Largest sum of all files of one adapter, in bytes. */
export const MAX_ADAPTER_BYTES = 1280 * MEBIBYTE;

/** True for a name that `checkAdapterFiles` keeps or passes over; an upload may stop at the first other one. */
export function adapterFileLimitBytes(name: string): number | undefined {
  return READ.get(name) ?? (PASSED_OVER.has(name) ? MEBIBYTE : undefined);
}

/**
 * Checks names and sizes before anything is read: plain known names only, so that none can leave its folder, each file
 * within its bound, no pickle. Files that do not change the numbers (a README) are left out of the result.
 *
 * @throws ValidationError  for an unknown, repeated or pickled file; @throws TooLargeError for one over its bound
 */
export function checkAdapterFiles(entries: Iterable<readonly [string, Uint8Array]>): AdapterFiles {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const [name, bytes] of entries) {
    checkAdapterFile(name, bytes.byteLength);
    total += bytes.byteLength;
    if (files.has(name)) throw new ValidationError(`adapter files: each name once, got ${name} twice`, { param: name });
    if (READ.has(name)) files.set(name, bytes);
  }
  if (total > MAX_ADAPTER_BYTES) {
    throw new TooLargeError(`adapter files: at most ${MAX_ADAPTER_BYTES} bytes in all, got ${total}`);
  }
  return files;
}

/** The rule for one file, usable before its bytes are there. */
export function checkAdapterFile(name: string, bytes: number): void {
  const shown = JSON.stringify(name.slice(0, 120));
  if (PICKLED.test(name)) {
    throw new ValidationError(`adapter files: only safetensors weights are read, got ${shown}`, { param: 'files' });
  }
  const limit = adapterFileLimitBytes(name);
  if (limit === undefined) {
    throw new ValidationError(`adapter files: a name out of ${[...READ.keys()].join(', ')}, got ${shown}`, {
      param: 'files',
    });
  }
  if (bytes > limit) throw new TooLargeError(`adapter files: ${name}: at most ${limit} bytes, got ${bytes}`);
}

/** The adapter in one directory: the files that we read, and no others. */
export async function fromDirectory(directory: string): Promise<AdapterFiles> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new NotFoundError(`adapter directory: must be readable, got ${directory}`, { cause });
  });
  const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  const wanted = names.filter((name) => READ.has(name)).sort();
  const pickled = names.find((name) => PICKLED.test(name));
  // Trainers leave pickles beside the weights; alone they are all there is, and are refused by name.
  if (pickled !== undefined && !wanted.some((name) => name.endsWith('.safetensors'))) checkAdapterFile(pickled, 0);
  const files: [string, Uint8Array][] = [];
  for (const name of wanted) {
    checkAdapterFile(name, (await stat(join(directory, name))).size);
    files.push([name, await readFile(join(directory, name))]);
  }
  return checkAdapterFiles(files);
}
