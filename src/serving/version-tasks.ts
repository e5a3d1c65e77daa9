import { ADAPTER_TASKS, type AdapterTask } from '../adapters/adapter-base.js';
import type { BaseHeads } from '../models/base-model.js';
import type { HeadLabels } from '../models/heads.js';
import type { AdapterSummary } from '../registry/adapter-version.js';
import { versionDetails } from './base-adapter-compiler.js';

/** Every model gives embeddings; a head answers its own task. */
export function tasksOf({ task }: AdapterSummary): AdapterTask[] {
  return ADAPTER_TASKS.filter((known) => known === task || known === 'embedding');
}

export function baseTasks({ sequence, token, maskedLm }: BaseHeads): AdapterTask[] {
  const has = { sequence_classification: sequence, token_classification: token, masked_lm: maskedLm, embedding: true };
  return ADAPTER_TASKS.filter((task) => has[task]);
}

/** The labels of a version's own head; undefined where it has none. */
export function labelsOf({ labels, details }: AdapterSummary): HeadLabels | undefined {
  const { problem } = versionDetails.parse(details);
  return labels === null || problem === null ? undefined : { labels, problem };
}
