import type { DataCard, LabelCard } from './data-card.js';
import { normalizeText } from './normalize-text.js';

type Judged = Pick<DataCard, 'task' | 'problem' | 'rows' | 'labels' | 'splits' | 'lengths' | 'conflicts'>;

export interface JudgeRules {
  /** Without labels for a reason, as for distillation. */
  readonly labelled: boolean;
  /** Largest share of rows with an error. */
  readonly maxFaultyShare: number;
  readonly maxTokens: number | undefined;
}

const FEW_ROWS = 10;

/** Why no model can be trained on the data. */
export function reasonsUnusable(card: Judged, rules: JudgeRules): string[] {
  const { rows, labels, splits } = card;
  const reasons: string[] = [];
  const share = rows.read === 0 ? 0 : rows.faulty / rows.read;
  if (rows.read === 0) reasons.push('rows: expected at least one, got an empty file');
  if (share > rules.maxFaultyShare) {
    const got = `${rows.faulty} of ${rows.read}`;
    reasons.push(`rows: expected at most ${percent(rules.maxFaultyShare)} with an error, got ${got}`);
  }
  if (splits.train.rows === 0) reasons.push('train split: expected at least one row, got none');
  const least = leastLabels(card);
  const trained = labels.filter((label) => label.train > 0).length;
  if (rules.labelled && splits.train.rows > 0 && trained < least) {
    reasons.push(`labels: expected at least ${least} in the train split, got ${trained}`);
  }
  return reasons;
}

function leastLabels({ task, problem }: Judged): number {
  if (task === 'token_classification') return 1;
  if (task !== 'sequence_classification' || problem === 'regression') return 0;
  return problem === 'single' ? 2 : 1;
}

/** What a person should look at although training is possible. */
export function warningsOf(card: Judged, rules: JudgeRules): string[] {
  const { rows, labels, lengths, conflicts } = card;
  const untrained = labels.filter((label) => label.train === 0);
  const few = labels.filter((label) => label.rows < FEW_ROWS);
  const warnings: (string | false)[] = [
    untrained.length > 0 && `labels without a row in the train split: ${names(untrained)}`,
    few.length > 0 && `labels with fewer than ${FEW_ROWS} rows: ${names(few)}`,
    labels.length > 20 && labels.length > rows.kept / 2 && `${labels.length} labels for ${rows.kept} rows: is the label column the right one?`,
    ...alikeNames(labels),
    conflicts.dropped > 0 && `texts dropped since their labels tie: ${conflicts.dropped}`,
    rows.nearDiffering > 0 && `rows that are nearly the same as another but with another label: ${rows.nearDiffering}`,
    rows.kept > 100 && rows.largestCluster > rows.kept / 10 && `one cluster of texts that are alike has ${rows.largestCluster} rows, all in one split`,
    rules.maxTokens !== undefined && (lengths.tokens?.max ?? 0) > rules.maxTokens && `texts longer than ${rules.maxTokens} tokens will be cut; the longest has ${lengths.tokens?.max ?? 0}`,
  ]; // prettier-ignore
  return warnings.filter((warning) => warning !== false);
}

function alikeNames(labels: Judged['labels']): string[] {
  const byName = new Map<string, LabelCard[]>();
  for (const label of labels) {
    const name = normalizeText(label.label);
    byName.set(name, [...(byName.get(name) ?? []), label]);
  }
  return [...byName.values()]
    .filter((alike) => alike.length > 1)
    .map((alike) => `labels that differ only in case, width or white space: ${names(alike)}`);
}

function names(labels: Judged['labels']): string {
  const shown = labels.slice(0, 10).map(({ label }) => label);
  return shown.join(', ') + (labels.length > shown.length ? ` and ${labels.length - shown.length} more` : '');
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
