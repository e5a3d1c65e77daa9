import { IncompatibleAdapterError, ValidationError } from '../../common/errors.js';
import type { HeadLabels, MaskedLmHead } from '../../models/heads.js';
import type { AdapterBase } from '../adapter-base.js';
import type { Brick } from '../brick.js';
import { empty } from '../describe.js';
import { adapterDigest } from '../digest.js';
import type { AdapterFiles } from '../files.js';
import type { ImportedAdapter } from '../import-weights.js';
import { headLabels } from '../labels.js';
import { brickBytes } from '../packed.js';
import type { ConformanceReport } from '../report.js';
import type { ImportOptions } from '../resolve.js';
import { labelTokens } from './label-tokens.js';
import type { Verbaliser } from './verbaliser-file.js';
import { verbaliserHead } from './verbaliser-head.js';

export interface VerbaliserImport {
  readonly files: AdapterFiles;
  readonly base: AdapterBase;
  readonly verbaliser: Verbaliser;
  /** The masked-LM adapter below it; the bare base when absent. */
  readonly adapter: ImportedAdapter | undefined;
  readonly options: ImportOptions;
}

const BARE: Brick = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] };

/**
 * A classifier out of a masked language model: its brick is the adapter's with a head that answers labels, so it shares
 * batches with all others.
 *
 * @throws IncompatibleAdapterError  when there is no masked-LM head, or a word is not one token
 */
export function importVerbaliser({ files, base, verbaliser, adapter, options }: VerbaliserImport): ImportedAdapter {
  const labels = labelsOf(verbaliser, options);
  const { tokenizer } = base;
  if (!tokenizer) throw new ValidationError('verbaliser: the base must come with its tokenizer, got none');
  const tokens = labelTokens(verbaliser, tokenizer);
  const head = verbaliserHead(requireMaskedLm(adapter?.brick.head ?? base.heads.maskedLm), tokens, verbaliser.prior);
  const brick = { ...(adapter?.brick ?? BARE), head };
  const digest = adapterDigest(files, labels);
  const report: ConformanceReport = {
    ...(adapter?.report ?? { ...empty(files), format: 'tessera', method: 'verbaliser' }),
    served: true,
    bytes: empty(files).bytes,
    task: 'sequence_classification',
    head: { kind: head.kind, outputs: labels.labels.length },
    ...labels,
    digest,
    base: base.config.family,
    residentBytes: brickBytes(brick),
  };
  return { brick, labels, task: 'sequence_classification', report, digest, template: verbaliser.template };
}

/** What a verbaliser says before a base is asked: its words and the adapter beside it are unchecked. */
export function reportUnplaced(files: AdapterFiles, verbaliser: Verbaliser): ConformanceReport {
  const labels = labelsOf(verbaliser, {});
  const task = 'sequence_classification';
  return { ...empty(files), format: 'tessera', method: 'verbaliser', served: true, task, ...labels };
}

function labelsOf({ labels }: Verbaliser, { labels: given, problem = 'single', task }: ImportOptions): HeadLabels {
  if (problem !== 'single') {
    throw new ValidationError(`problem: a verbaliser chooses one label (single), got ${problem}`, { param: 'problem' });
  }
  if (task !== undefined && task !== 'sequence_classification') {
    throw new ValidationError(`task: a verbaliser is sequence_classification, got ${task}`, { param: 'task' });
  }
  const named = headLabels(labels.length, { given: given ?? labels.map(({ label }) => label), problem });
  return named ?? { labels: [], problem };
}

function requireMaskedLm(head: Brick['head']): MaskedLmHead {
  if (head?.kind === 'masked_lm') return head;
  throw new IncompatibleAdapterError(`verbaliser: the base must have a masked-LM head, got ${head?.kind ?? 'none'}`, {
    param: 'head',
  });
}
