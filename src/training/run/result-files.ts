import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurably } from '../checkpoint.js';
import type { HeadLabels } from '../../models/heads.js';
import type { Metrics } from '../events.js';
import type { OpenRun } from './open-run.js';

const FOLDER = 'result';

/** The files of one version: all there is, or those of one task in a folder of its name. */
export interface ResultPart {
  readonly folder: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly labels: HeadLabels | undefined;
}

/**
 * Writes the files of a result and card.json, which says task, labels and how it was made. The folder is there whole or not
 * at all.
 *
 * @returns its directory
 */
export async function writeResult(
  directory: string,
  parts: readonly ResultPart[],
  { spec, base }: OpenRun,
  { metrics, bestStep }: { readonly metrics: Metrics; readonly bestStep: number },
): Promise<string> {
  const [draft, final] = [join(directory, `.${FOLDER}`), join(directory, FOLDER)];
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  const card = {
    task: spec.task,
    method: spec.method,
    base: base.digest,
    seed: spec.seed,
    max_length: spec.maxTokens,
    step: bestStep,
    metrics,
  };
  for (const { folder, files, labels } of parts) {
    const path = join(draft, folder);
    await mkdir(path, { recursive: true });
    const own = { ...card, ...(labels && { labels: labels.labels, problem: labels.problem }) };
    for (const [name, bytes] of files) await writeDurably(join(path, name), bytes);
    await writeDurably(join(path, 'card.json'), new TextEncoder().encode(`${JSON.stringify(own, null, 2)}\n`));
    await syncFolder(path);
  }
  await syncFolder(draft);
  await rm(final, { recursive: true, force: true });
  await rename(draft, final);
  await syncFolder(directory);
  return final;
}
