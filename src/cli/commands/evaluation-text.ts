import { textTable } from '../text-table.js';

/** What is shown of an evaluation. */
export interface EvaluationView {
  readonly id: string;
  readonly status: string;
  readonly finished_at: number | null;
  readonly model: string;
  readonly version: string;
  readonly task: string;
  readonly progress: { readonly rows: number } | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly report: {
    readonly rows: { readonly read: number; readonly faulty: number; readonly answered: number };
    readonly intervals?: Readonly<Record<string, { readonly lower: number; readonly upper: number }>>;
    readonly per_label?: readonly Row[];
    readonly per_slice?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  } | null;
}

type Row = Readonly<Record<string, unknown>> & { readonly label: string };

const SHOWN = 40;
const LABEL_FIGURES = ['precision', 'recall', 'f1', 'auc', 'support'];
const SLICE_FIGURES = ['rows', 'accuracy', 'macro', 'ece', 'f1', 'loss'];

const COUNTS = new Set(['rows', 'support']);

/** An evaluation as text for a terminal: all figures, then by label, weakest first, and by slice. */
export function renderEvaluation({ id, model, version, task, metrics, report }: EvaluationView): string {
  const rows = report?.rows;
  const head = `${model} (${version}), ${task}, ${id}`;
  const counted = rows ? [`${rows.answered} rows answered, ${rows.faulty} of ${rows.read} with an error`] : [];
  return [
    head,
    ...counted,
    '',
    ...totals(metrics ?? {}, report?.intervals ?? {}),
    ...labels(report),
    ...slices(report),
    '',
  ].join('\n');
}

function totals(
  metrics: Readonly<Record<string, number>>,
  intervals: Readonly<Record<string, { lower: number; upper: number }>>,
): string[] {
  return textTable(
    inOrder(metrics).map(([name, value]) => {
      const interval = intervals[name];
      return [
        name,
        figure(name, value),
        interval ? `${figure(name, interval.lower)} to ${figure(name, interval.upper)}` : '',
      ];
    }),
  );
}

function labels(report: EvaluationView['report']): string[] {
  const all = [...(report?.per_label ?? [])].sort((a, b) => Number(a['f1'] ?? 0) - Number(b['f1'] ?? 0));
  if (all.length === 0) return [];
  const columns = LABEL_FIGURES.filter((name) => all.some((row) => typeof row[name] === 'number'));
  const lines = all.slice(0, SHOWN).map((row) => [row.label, ...columns.map((name) => figure(name, row[name]))]);
  const rest = all.length - lines.length;
  return ['', ...textTable([['label', ...columns], ...lines]), ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

function slices(report: EvaluationView['report']): string[] {
  const all = inOrder(report?.per_slice ?? {});
  if (all.length === 0) return [];
  const columns = SLICE_FIGURES.filter((name) => all.some(([, row]) => typeof row[name] === 'number'));
  const lines = all.slice(0, SHOWN).map(([slice, row]) => [slice, ...columns.map((name) => figure(name, row[name]))]);
  return ['', ...textTable([['slice', ...columns], ...lines])];
}

/** By name: the order of a stored report is nobody's. */
function inOrder<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function figure(name: string, value: unknown): string {
  if (typeof value !== 'number') return '';
  return COUNTS.has(name) ? String(value) : value.toFixed(4);
}
