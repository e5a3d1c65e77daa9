/** A named stretch of a text; start and end (exclusive) count Unicode code points. */
export interface EntitySpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** One row of a data set, after validation. What a row must have depends on the task. */
export interface Example {
  readonly text: string;
  /** The second text of a pair: a premise's hypothesis, or the positive of a contrastive pair. */
  readonly pair?: string;
  readonly label?: string;
  /** Multi-label: none, one or several. */
  readonly labels?: readonly string[];
  /** Regression, or the likeness of a pair. */
  readonly value?: number;
  readonly entities?: readonly EntitySpan[];
  /** How much the row counts in the loss; 1 when absent. */
  readonly weight?: number;
  /** Which of several heads answers the row. */
  readonly task?: string;
  /** The slice that metrics are told apart by, such as a region or a product. */
  readonly group?: string;
}

export type Field = keyof Example;

export type DataTask = 'sequence_classification' | 'token_classification' | 'masked_lm' | 'embedding';

/** How the labels of sequence classification are meant, as in `HeadLabels`. */
export type Problem = 'single' | 'multi' | 'regression';

export type Split = 'train' | 'validation' | 'test';

export const SPLITS: readonly Split[] = ['train', 'validation', 'test'];
