import { ValidationError } from '../../common/errors.js';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import { encodePrompt } from '../../adapters/verbaliser/encode-prompt.js';
import type { HeadLabels } from '../../models/heads.js';
import { textPositions } from '../../models/tokenizers/encoding.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { bioLabels, bioNames } from '../datasets/bio-labels.js';
import type { Example } from '../datasets/example.js';
import { taskLabel } from '../datasets/task-label.js';
import type { TokenRow } from '../step/batch-feeds.js';
import type { PromptRun } from './prompt-run.js';
import type { RunTask } from './task-heads.js';

/** One example as token ids and targets. */
export interface EncodedExample extends TokenRow {
  /** The other text of a contrastive pair. */
  readonly positive?: TokenRow;
  /**
   * Sequence, one label: its number. Token: a label for each token, −100 for none. Several labels or regression: float
   * targets [outputs]. Nothing for masked_lm and embedding.
   */
  readonly label?: number;
  readonly tokenLabels?: Int32Array;
  readonly values?: Float32Array;
  /** How like a pair is to be, for an objective that reads it. */
  readonly likeness?: number;
  /** Number of its task, where there are several. */
  readonly task?: number;
  /** Where the mask of its prompt stands among its tokens. */
  readonly maskAt?: number;
  /** Positions of tokens that come from the text, for masking. */
  readonly maskable?: Int32Array;
  readonly weight: number;
  /** Tokens of all its rows. */
  readonly tokens: number;
}

export interface EncodeOptions {
  readonly task: AdapterTask;
  readonly labels?: HeadLabels;
  readonly maxTokens: number;
  /** Pairs must have a value: how like they are, −1 to 1. */
  readonly needsLikeness?: boolean;
  /** Rows are prompts. */
  readonly prompt?: PromptRun | undefined;
  /** Rows are of these tasks, each with labels of its own. */
  readonly tasks?: readonly RunTask[] | undefined;
  /** All tasks have the same labels. */
  readonly sharesLabels?: boolean;
}

/**
 * The labels of a run: those given, else those that the examples have, sorted. For token classification names of entities
 * become `O`, `B-X` and `I-X`, unless they are such already.
 *
 * @throws ValidationError  when the task needs labels and there are none
 */
export function runLabels(
  task: AdapterTask,
  problem: HeadLabels['problem'],
  given: readonly string[] | undefined,
  examples: readonly Example[],
): HeadLabels | undefined {
  if (task === 'masked_lm' || task === 'embedding') return undefined;
  const isToken = task === 'token_classification';
  if (problem === 'regression' && !isToken) return { labels: given ?? ['value'], problem };
  const found = given ?? [...new Set(examples.flatMap(namesOf))].sort();
  if (found.length === 0) throw new ValidationError('labels: expected at least one in the training data, got none');
  if (!isToken) return { labels: found, problem };
  return { labels: found.includes('O') ? found : bioNames(found), problem: 'single' };
}

function namesOf({ label, labels, entities }: Example): readonly string[] {
  return [...(label === undefined ? [] : [label]), ...(labels ?? []), ...(entities ?? []).map((span) => span.label)];
}

/** @throws ValidationError  for a label that is not among those of the run, or a row without what its task needs */
export function encodeExample(example: Example, tokenizer: Tokenizer, options: EncodeOptions): EncodedExample {
  const { task, labels, maxTokens } = options;
  if (options.prompt) return encodePrompted(example, options.prompt, tokenizer, options);
  const isPair = task !== 'embedding' && example.pair !== undefined;
  const encoding = tokenizer.encode(example.text, { maxTokens, ...(isPair && { pair: example.pair }) });
  const row = { inputIds: encoding.ids, tokenTypeIds: encoding.typeIds };
  const shared = { ...row, weight: example.weight ?? 1, tokens: encoding.ids.length };
  if (task === 'masked_lm') return { ...shared, maskable: textPositions(encoding) };
  if (task === 'embedding') {
    if (example.pair === undefined) throw new ValidationError('embedding: expected rows with a pair, got one without');
    const other = tokenizer.encode(example.pair, { maxTokens });
    const positive = { inputIds: other.ids, tokenTypeIds: other.typeIds };
    const likeness = options.needsLikeness ? { likeness: requireLikeness(example) } : {};
    return { ...shared, positive, ...likeness, tokens: encoding.ids.length + other.ids.length };
  }
  if (!labels) throw new ValidationError(`${task}: expected labels, got none`);
  if (task === 'token_classification') {
    return { ...shared, tokenLabels: bioLabels(example.text, encoding, example.entities ?? [], labels.labels) };
  }
  if (labels.problem === 'regression') return { ...shared, values: Float32Array.of(requireValue(example)) };
  if (labels.problem === 'multi') {
    const own = new Set((example.labels ?? []).map((name) => labelNumber(name, labels)));
    return { ...shared, values: Float32Array.from(labels.labels, (_, at) => (own.has(at) ? 1 : 0)) };
  }
  if (!options.tasks) return { ...shared, label: labelNumber(example.label, labels) };
  const number = options.tasks.findIndex(({ name }) => name === example.task);
  if (number < 0) {
    const known = options.tasks.map(({ name }) => name).join(', ');
    throw new ValidationError(`task: expected one of ${known}, got ${example.task ?? 'none'}`);
  }
  return {
    ...shared,
    task: number,
    label: labelNumber(options.sharesLabels ? example.label : taskLabel(example), labels),
  };
}

function encodePrompted(
  example: Example,
  { template }: PromptRun,
  tokenizer: Tokenizer,
  { labels, maxTokens }: EncodeOptions,
): EncodedExample {
  if (example.pair !== undefined) throw new ValidationError('prompt: expected rows of one text, got a pair');
  if (!labels) throw new ValidationError('prompt: expected labels, got none');
  const { encoding, mask: maskAt } = encodePrompt(example.text, template, tokenizer, maxTokens);
  const row = { inputIds: encoding.ids, tokenTypeIds: encoding.typeIds, tokens: encoding.ids.length };
  return { ...row, maskAt, label: labelNumber(example.label, labels), weight: example.weight ?? 1 };
}

function labelNumber(name: string | undefined, { labels }: HeadLabels): number {
  const found = name === undefined ? -1 : labels.indexOf(name);
  if (found >= 0) return found;
  throw new ValidationError(`label: expected one of ${labels.slice(0, 20).join(', ')}, got ${name ?? 'none'}`);
}

/** Another scale, such as 0 to 5, would ask for cosines that there are not. */
function requireLikeness({ value }: Example): number {
  if (value !== undefined && Math.abs(value) <= 1) return value;
  throw new ValidationError(`value: expected a likeness of the pair from -1 to 1, got ${String(value)}`);
}

function requireValue({ value }: Example): number {
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new ValidationError(`value: expected a finite number for regression, got ${String(value)}`);
}
