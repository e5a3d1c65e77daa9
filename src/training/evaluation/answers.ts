import type { BootstrapOptions } from './bootstrap.js';
import { evaluateClassification, type ClassificationReport } from './classification-report.js';
import { evaluateEntities, type EntityReport } from './entity-report.js';
import type { Span } from './entity-f1.js';
import { evaluateMaskedLm, type MaskedLmReport } from './masked-lm-report.js';
import { evaluateMultiLabel, type MultiLabelReport } from './multi-label-report.js';
import { evaluateRegression, type RegressionReport } from './regression-report.js';

/** What a model said about one row, and what is true of it; its scores lie elsewhere. */
export type Answer = { readonly slice?: string | undefined } & (
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'entities'; readonly truth: readonly Span[]; readonly predicted: readonly Span[] }
  | { readonly kind: 'losses'; readonly losses: readonly number[] }
);

export type AnswerKind = Answer['kind'];
type Of<K extends AnswerKind> = Extract<Answer, { kind: K }>;

export interface Answers {
  readonly kind: AnswerKind;
  /** One for each row, all of the kind. */
  readonly rows: readonly Answer[];
  /** Those of the model; those that only the data have are added after them. */
  readonly labels: readonly string[];
  /** [rows, labels] for label and labels, [rows, 1] for value, else empty. */
  readonly scores: Float32Array;
}

export type AnswerReport = { readonly kind: AnswerKind } & (
  ClassificationReport | MultiLabelReport | RegressionReport | EntityReport | MaskedLmReport
);

/**
 * All metrics that answers of a kind have. A label that the model does not know has probability 0 there: such a row counts
 * as answered wrongly, it is not left out.
 *
 * @throws ValidationError  for no rows, and numbers that are not finite
 */
export function evaluateAnswers({ kind, rows, labels, scores }: Answers, bootstrap?: BootstrapOptions): AnswerReport {
  const slices = rows.map(({ slice }) => slice);
  if (kind === 'value') {
    const truth = (rows as Of<'value'>[]).map(({ value }) => value);
    return { kind, ...evaluateRegression({ truth, predicted: scores, slices }, bootstrap) };
  }
  if (kind === 'entities') {
    const own = rows as Of<'entities'>[];
    const [truth, predicted] = [own.map((row) => row.truth), own.map((row) => row.predicted)];
    return { kind, ...evaluateEntities({ truth, predicted, slices }, bootstrap) };
  }
  if (kind === 'losses') {
    const losses = (rows as Of<'losses'>[]).map((row) => row.losses);
    return { kind, ...evaluateMaskedLm({ losses, slices }, bootstrap) };
  }
  const truths = rows.map((row) => (kind === 'label' ? [(row as Of<'label'>).label] : (row as Of<'labels'>).labels));
  const all = [...new Set([...labels, ...truths.flat()])];
  const index = new Map(all.map((label, at) => [label, at]));
  const wide = widened(scores, labels.length, all.length);
  if (kind === 'label') {
    const truth = Int32Array.from(truths, ([label = '']) => index.get(label)!);
    return { kind, ...evaluateClassification({ labels: all, scores: wide, truth, slices }, bootstrap) };
  }
  const truth = new Uint8Array(rows.length * all.length);
  truths.forEach((own, row) => own.forEach((label) => (truth[row * all.length + index.get(label)!] = 1)));
  return { kind, ...evaluateMultiLabel({ labels: all, scores: wide, truth, slices }, bootstrap) };
}

/** [n, from] to [n, to] with zeros at the end of each row. */
function widened(scores: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return scores;
  const wide = new Float32Array((scores.length / from) * to);
  for (let row = 0; row * from < scores.length; row++) {
    wide.set(scores.subarray(row * from, (row + 1) * from), row * to);
  }
  return wide;
}
