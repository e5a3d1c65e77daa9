import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeDurably } from '../checkpoint.js';
import type { Metrics } from '../events.js';
import type { OpenRun } from './open-run.js';

const FOLDER = 'result';

/**
 * Writes the files of a result and card.json, which says task, labels and how it was made. The folder is there whole or not
 * at all.
 *
 * @returns its directory
 */
export async function writeResult(
  directory: string,
  files: ReadonlyMap<string, Uint8Array>,
  { spec, labels, base }: OpenRun,
  { metrics, bestStep }: { readonly metrics: Metrics; readonly bestStep: number },
): Promise<string> {
  const [draft, final] = [join(directory, `.${FOLDER}`), join(directory, FOLDER)];
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  const card = {
    task: spec.task,
    ...(labels && { labels: labels.labels, problem: labels.problem }),
    method: spec.method,
    base: base.digest,
    seed: spec.seed,
    max_length: spec.maxTokens,
    step: bestStep,
    metrics,
  };
  for (const [name, bytes] of files) await writeDurably(join(draft, name), bytes);
  await writeDurably(join(draft, 'card.json'), new TextEncoder().encode(`${JSON.stringify(card, null, 2)}\n`));
  await syncFolder(draft);
  await rm(final, { recursive: true, force: true });
  await rename(draft, final);
  await syncFolder(directory);
  return final;
}
