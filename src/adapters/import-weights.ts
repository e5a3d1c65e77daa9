import type { HeadLabels } from '../models/heads.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import type { AdapterBase, AdapterTask } from './adapter-base.js';
import type { Brick } from './brick.js';
import { stringKey, type Config } from './config.js';
import { adapterDigest } from './digest.js';
import type { AdapterFiles } from './files.js';
import { describe } from './describe.js';
import { requireKeys } from './key-rules.js';
import { headLabels, outputsOf } from './labels.js';
import { openAdapter, sourceOf, type OpenAdapter } from './open.js';
import { brickBytes } from './packed.js';
import type { ConformanceReport } from './report.js';
import { resolveCheckpoint, type ImportOptions, type Resolved } from './resolve.js';
import { parseTask } from './task.js';

export interface ImportedAdapter {
  readonly brick: Brick;
  /** Absent for a masked language model and for embeddings. */
  readonly labels?: HeadLabels;
  readonly task: AdapterTask;
  readonly report: ConformanceReport;
  /** `sha256:` and 64 hex digits: the content address of the adapter. */
  readonly digest: string;
  /** The prompt that its inputs are put in; see verbaliser-file.ts. */
  readonly template?: string;
}

/**
 * Reads the files of PEFT or AdapterHub, resolves them on a base and says what became of them.
 *
 * @throws ValidationError           for files that are no adapter, damaged files, labels that do not fit
 * @throws IncompatibleAdapterError  for what this base cannot serve exactly; rule, then value, and `param` the key or tensor
 */
export function importWeights(files: AdapterFiles, base: AdapterBase, options: ImportOptions = {}): ImportedAdapter {
  const opened = openAdapter(files);
  requireKeys(opened.verdicts);
  const checkpoint = opened.method.read(sourceOf(opened, files));
  const hint = cardTask(opened.card);
  const resolved = resolveCheckpoint(opened.method, checkpoint, base, { task: options.task, hint });
  requireHead(resolved, base);
  const labels = labelsOf(opened, resolved, base, options);
  const digest = adapterDigest(files, labels);
  const outputs = outputsOf(resolved.brick.head);
  const described = describe(opened, files, opened.method.ranks(checkpoint));
  const report: ConformanceReport = {
    ...described,
    served: true,
    notes: [...described.notes, ...resolved.notes],
    task: resolved.task,
    ...(resolved.brick.head && { head: { kind: resolved.brick.head.kind, outputs: outputs ?? base.config.vocab } }),
    ...(labels && { labels: labels.labels, problem: labels.problem }),
    digest,
    base: base.config.family,
    residentBytes: brickBytes(resolved.brick),
  };
  return { brick: resolved.brick, ...(labels && { labels }), task: resolved.task, report, digest };
}

function cardTask(card: Config | undefined): AdapterTask | undefined {
  return card?.has('task') ? parseTask(stringKey(card, 'task')) : undefined;
}

function labelsOf(
  opened: OpenAdapter,
  { brick, task }: Resolved,
  base: AdapterBase,
  options: ImportOptions,
): HeadLabels | undefined {
  if (task !== 'sequence_classification' && task !== 'token_classification') return undefined;
  return headLabels(outputsOf(brick.head), {
    given: options.labels,
    problem: options.problem ?? opened.problem,
    card: opened.card,
    headConfig: opened.headConfig,
    base: base.labels,
  });
}

/** @throws IncompatibleAdapterError  when neither the adapter nor the base has the head of the task */
function requireHead({ brick, task }: Resolved, { heads }: AdapterBase): void {
  const own = { sequence_classification: heads.sequence, token_classification: heads.token, masked_lm: heads.maskedLm };
  if (brick.head || task === 'embedding' || own[task]) return;
  throw new IncompatibleAdapterError(
    `head: a ${task} adapter must bring its head or find it in the base, got neither`,
    {
      param: 'head',
    },
  );
}
