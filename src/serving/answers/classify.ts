import type { HeadLabels } from '../../models/heads.js';
import { scoresOf, topIndices } from '../../models/labels.js';

export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

export interface Classification extends LabelScore {
  readonly index: number;
  readonly num_classes: number;
  readonly scores: readonly LabelScore[];
}

/**
 * One row's label and its `topK` best scores, best first.
 *
 * @param logits [labels]
 */
export function classification(index: number, logits: Float32Array, head: HeadLabels, topK: number): Classification {
  const values = scoresOf(logits, head.problem);
  const scores = topIndices(values, topK).map((i) => ({
    label: head.labels[i] ?? `LABEL_${i}`,
    score: values[i] ?? 0,
  }));
  const [best = { label: '', score: 0 }] = scores;
  return { index, ...best, num_classes: head.labels.length, scores };
}
