import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromDirectory } from '../../adapters/files.js';
import { mergeInSteps, mergeSummary, type MergeMember } from '../../composition/merge/merge.js';
import { expectRunning } from '../../training/fits/learn-gains.js';
import { mergeOptionsOf } from '../../training/fits/merge-options.js';
import type { Fit } from './fit.js';

/** One LoRA adapter of several, by one of the merges of `tessera merge`, to the same bytes. */
export const merge: Fit<'merge'> = async (options, { spec, watch }) => {
  const { weights } = options;
  const members = await Promise.all(
    spec.members.map(async ({ files }, at): Promise<MergeMember> => {
      return { files: await fromDirectory(files ?? ''), weight: weights?.[at] ?? 1 };
    }),
  );
  const settings = mergeOptionsOf(
    options,
    spec.members.map(({ name }) => name),
  );
  const steps = mergeInSteps(members, settings, 'objective');
  for (;;) {
    await nextTurn(); // a stop that came meanwhile is heard
    await expectRunning(watch);
    const { done, value } = steps.next();
    if (!done) {
      watch.onMerged?.(value);
      continue;
    }
    const { files, rank, error } = value;
    const metrics = { rank, error };
    return { kind: 'adapter', files, metrics, summary: mergeSummary(settings, members.length, value) };
  }
};
