import type { DataCard } from '../../training/datasets/data-card.js';
import type { LengthSummary } from '../../training/datasets/length-counts.js';
import { textTable } from '../text-table.js';

const SHOWN_LABELS = 30;
const BAR = 24;

/** A data card as text for a terminal: tables of at most some thirty lines each, reasons and faults last. */
export function renderCard(card: DataCard): string {
  return [
    ...headLines(card),
    ...rowLines(card),
    ...splitLines(card),
    ...labelLines(card),
    ...lengthLines(card),
    ...characterLines(card),
    ...list('warnings', card.warnings),
    ...faultLines(card),
    ...list('cannot be trained on', card.unusable),
    '',
  ].join('\n');
}

function headLines({ task, problem, digest, sources }: DataCard): string[] {
  const kind = task === 'sequence_classification' ? `${task}, ${problem}` : task;
  const read = sources.flatMap(({ name, format, bytes, columns, ignored }) => [
    `${name}: ${format}, ${bytes} bytes; ${Object.entries(columns).map(([field, key]) => (field === key ? key : `${field} = ${key}`)).join(', ')}`,
    ...(ignored.length > 0 ? [`  not read: ${ignored.join(', ')}`] : []),
  ]); // prettier-ignore
  const isUnlabelled = task === 'masked_lm' && sources.some(({ ignored }) => ignored.length > 0);
  const hint = 'no column was known for a label, so texts only are read; name one with --columns label=NAME';
  return [kind, digest, ...read, ...(isUnlabelled ? [`  ${hint}`] : [])];
}

function rowLines({ rows, conflicts }: DataCard): string[] {
  const shown: [string, number][] = [
    ['read', rows.read],
    ['faulty', -rows.faulty],
    ['duplicates', -rows.duplicates],
    ['label lost the vote or tied', -rows.outvoted],
    ['near-duplicates', -rows.nearDuplicates],
    ['kept', rows.kept],
  ];
  const texts =
    conflicts.texts > 0 ? [`  ${conflicts.texts} texts had several labels, ${conflicts.settled} settled`] : [];
  return ['', 'rows', ...textTable(shown.map(([name, count]) => [name, String(count)])), ...texts];
}

function splitLines({ splits, rows }: DataCard): string[] {
  const lines = Object.entries(splits).map(([name, split]) => [
    name,
    String(split.rows),
    percent(split.rows, rows.kept),
  ]);
  return ['', 'splits', ...textTable(lines)];
}

function labelLines({ labels, imbalance }: DataCard): string[] {
  if (labels.length === 0) return [];
  const byRows = [...labels].sort((a, b) => b.rows - a.rows || (a.label < b.label ? -1 : 1));
  const most = byRows[0]!.rows;
  const lines = byRows.slice(0, SHOWN_LABELS).map((label) => {
    const { train, validation, test, rows } = label;
    const bar = '█'.repeat(Math.max(1, Math.round((BAR * rows) / most)));
    return [label.label, ...[rows, train, validation, test].map(String), label.balancedWeight.toFixed(2), bar];
  });
  const rest = labels.length - lines.length;
  const ratio = imbalance === undefined ? '' : `, largest ${imbalance.toFixed(1)} times the smallest`;
  return [
    '',
    `${labels.length} labels${ratio}`,
    ...textTable([['', 'rows', 'train', 'validation', 'test', 'weight', ''], ...lines]),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

function lengthLines({ lengths }: DataCard): string[] {
  const line = (name: string, summary: LengthSummary | undefined): string[][] =>
    summary ? [[name, summary.mean.toFixed(1), ...[summary.min, summary.p50, summary.p95, summary.p99, summary.max].map(String)]] : []; // prettier-ignore
  const lines = [
    ...line('characters', lengths.characters),
    ...line('words', lengths.words),
    ...line('tokens', lengths.tokens),
  ];
  return ['', 'length', ...textTable([['', 'mean', 'min', 'p50', 'p95', 'p99', 'max'], ...lines])];
}

function characterLines({ characters, groups }: DataCard): string[] {
  const kinds = characters.slice(0, 8).map(({ kind, share }) => `${kind} ${(100 * share).toFixed(1)} %`);
  const slices = groups.slice(0, 10).map(({ group, rows }) => `${group} ${rows}`);
  return ['', `characters: ${kinds.join(', ')}`, ...(slices.length > 0 ? [`groups: ${slices.join(', ')}`] : [])];
}

function faultLines({ faults, sources }: DataCard): string[] {
  const counts = Object.entries(faults.counts);
  if (counts.length === 0) return [];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const shown = faults.first.map((fault) => {
    const file = sources.length > 1 ? `${fault.source}:` : '';
    return `  ${file}${fault.line}:${fault.column} ${fault.kind}: ${fault.message}`;
  });
  return [
    '',
    'faults',
    ...textTable(counts.map(([kind, count]) => [kind, String(count)])),
    ...shown,
    ...(total > shown.length ? [`  and ${total - shown.length} more`] : []),
  ];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`;
}
