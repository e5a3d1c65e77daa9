import { aucRoc } from './auc-roc.js';
import { bootstrapInterval, type BootstrapOptions, type Interval } from './bootstrap.js';
import { requireLength } from './checks.js';
import { multiLabelScores, thresholded, type MultiLabelScores } from './multi-label.js';
import { rowsBySlice, takeRows } from './slices.js';

export interface MultiLabelRows {
  readonly labels: readonly string[];
  /** [n, labels] a probability for each label. */
  readonly scores: ArrayLike<number>;
  /** [n, labels] 1 for a label the row has. */
  readonly truth: ArrayLike<number>;
  readonly slices?: readonly (string | undefined)[];
  /** A label is answered from this probability on; 0.5 when absent. */
  readonly threshold?: number;
}

export type MultiLabelSummary = Omit<MultiLabelScores, 'perLabel'> & { readonly rows: number };

export interface MultiLabelReport extends MultiLabelSummary {
  readonly perLabel: readonly (MultiLabelScores['perLabel'][number] & {
    readonly label: string;
    readonly auc: number | undefined;
  })[];
  readonly perSlice: Readonly<Record<string, MultiLabelSummary>>;
  readonly intervals: { readonly subsetAccuracy: Interval; readonly microF1: Interval } | undefined;
}

/** All metrics of multi-label classification. @throws ValidationError for scores that are not finite */
export function evaluateMultiLabel(input: MultiLabelRows, bootstrap?: BootstrapOptions): MultiLabelReport {
  const { labels, scores, truth, slices, threshold } = input;
  const width = labels.length;
  requireLength('evaluateMultiLabel: scores', scores.length, truth.length);
  const rows = truth.length / width;
  const predicted = thresholded(scores, threshold);
  const summaryOf = (own: Uint32Array) => multiLabelScores(takeRows(truth, own, width), takeRows(predicted, own, width), width); // prettier-ignore
  const { perLabel, ...summary } = multiLabelScores(truth, predicted, width);
  const interval = (metric: (of: MultiLabelScores) => number) =>
    bootstrap && bootstrapInterval(rows, (own) => metric(summaryOf(own)), bootstrap)!;
  const subsetAccuracy = interval((of) => of.subsetAccuracy);
  const microF1 = interval((of) => of.micro.f1);
  return {
    rows,
    ...summary,
    perLabel: perLabel.map((own, at) => ({
      label: labels[at]!,
      ...own,
      auc: aucRoc(column(scores, at, width), column(truth, at, width)),
    })),
    perSlice: Object.fromEntries(
      [...(slices ? rowsBySlice(slices, rows) : [])].map(([slice, own]) => {
        const { perLabel: _, ...scored } = summaryOf(own);
        return [slice, { rows: own.length, ...scored }];
      }),
    ),
    intervals: subsetAccuracy && microF1 && { subsetAccuracy, microF1 },
  };
}

function column(numbers: ArrayLike<number>, at: number, width: number): Float64Array {
  return Float64Array.from({ length: numbers.length / width }, (_, row) => numbers[row * width + at]!);
}
