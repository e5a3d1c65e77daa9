import { z } from 'zod';
import { ModelError } from '../common/errors.js';
import type { HeadLabels } from './heads.js';

const schema = z.object({
  id2label: z.record(z.string().regex(/^\d+$/), z.coerce.string()).nullish(),
  problem_type: z.enum(['single_label_classification', 'multi_label_classification', 'regression']).nullish(),
});

const PROBLEMS = {
  single_label_classification: 'single',
  multi_label_classification: 'multi',
  regression: 'regression',
} as const;

/**
 * What the outputs of a head mean, from `id2label` and `problem_type` of a config.json. Without names labels are `LABEL_0`,
 * `LABEL_1`, …; without a problem type one output is a regression and several are one choice.
 *
 * @throws ModelError  when the names are not those of outputs 0 … count − 1, or two outputs have one name
 */
export function parseLabels(config: object, count: number): HeadLabels {
  const parsed = schema.safeParse(config);
  if (!parsed.success) throw new ModelError(`config.json: ${z.prettifyError(parsed.error)}`);
  const { id2label, problem_type: problem } = parsed.data;
  const labels = id2label ? namesInOrder(id2label, count) : Array.from({ length: count }, (_, index) => `LABEL_${index}`);
  return { labels, problem: problem ? PROBLEMS[problem] : count === 1 ? 'regression' : 'single' };
}

function namesInOrder(id2label: Readonly<Record<string, string>>, count: number): string[] {
  const got = Object.keys(id2label).length;
  if (got !== count) throw new ModelError(`config.json: id2label: expected ${count} labels as the head has, got ${got}`);
  const labels = Array.from({ length: count }, (_, index) => {
    const label = id2label[index];
    if (label === undefined) throw new ModelError(`config.json: id2label: expected a label for output ${index}, got none`);
    return label;
  });
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) throw new ModelError(`config.json: id2label: expected distinct labels, got ${twice} twice`);
  return labels;
}

/**
 * Scores of one row of logits: softmax over labels (`single`, computed from the largest logit so that nothing overflows),
 * a sigmoid for each (`multi`), or the logits themselves (`regression`).
 */
export function scoresOf(logits: Float32Array, problem: HeadLabels['problem']): Float32Array {
  if (problem === 'regression') return Float32Array.from(logits);
  if (problem === 'multi') return logits.map((x) => 1 / (1 + Math.exp(-x)));
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(logits, (x) => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

/** Indices of the `k` best scores, best first; equal scores in the order of their index. */
export function topIndices(scores: Float32Array, k: number): number[] {
  return Array.from(scores.keys())
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
    .slice(0, k);
}
