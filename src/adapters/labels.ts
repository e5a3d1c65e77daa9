import { ValidationError } from '../common/errors.js';
import { isPlainText } from '../common/text.js';
import type { Head, HeadLabels } from '../models/heads.js';
import { isConfig, show, stringsKey, type Config, type JsonValue } from './config.js';

const PROBLEMS: readonly HeadLabels['problem'][] = ['single', 'multi', 'regression'];
const MAX_LABELS = 10_000;
const MAX_LABEL_LENGTH = 256;

/** Where the names of a head's outputs may be written, the first one that is there wins. */
export interface LabelSources {
  readonly given?: readonly string[] | undefined;
  readonly problem?: HeadLabels['problem'] | undefined;
  /** card.json: `labels` is a list. */
  readonly card?: Config | undefined;
  /** head_config.json of AdapterHub: `label2id`, at the top or in `config`. */
  readonly headConfig?: Config | undefined;
  /** The base's own labels, for an adapter that leaves its head as it is. */
  readonly base?: HeadLabels | undefined;
}

/** Outputs of a classification head; nothing for other heads. */
export function outputsOf(head: Head | undefined): number | undefined {
  return head === undefined || head.kind === 'masked_lm' ? undefined : head.out.weight.shape[0];
}

/**
 * Names of the outputs of a head.
 *
 * @param outputs  of the adapter's own head, or nothing when it uses the base's
 * @throws ValidationError  when there are not as many names as outputs, for an empty, unprintable or repeated name
 */
export function headLabels(outputs: number | undefined, sources: LabelSources): HeadLabels | undefined {
  const count = outputs ?? sources.base?.labels.length;
  if (count === undefined) return undefined;
  const found = sources.given ?? cardLabels(sources.card) ?? configLabels(sources.headConfig);
  const own = outputs === undefined ? sources.base : undefined;
  const labels = found ?? own?.labels ?? Array.from({ length: count }, (_none, at) => `LABEL_${at}`);
  checkLabels(labels, count);
  const problem =
    sources.problem ?? own?.problem ?? headProblem(sources.headConfig) ?? (count === 1 ? 'regression' : 'single');
  return { labels, problem };
}

function checkLabels(labels: readonly string[], count: number): void {
  const fail = (rule: string, got: string | number): never => {
    throw new ValidationError(`labels: ${rule}, got ${got}`, { param: 'labels' });
  };
  if (labels.length !== count) fail(`one for each of the ${count} outputs of the head`, labels.length);
  if (labels.length > MAX_LABELS) fail(`at most ${MAX_LABELS}`, labels.length);
  if (new Set(labels).size !== labels.length)
    fail('each name once', show(labels.find((label, at) => labels.indexOf(label) !== at)));
  const bad = labels.find((label) => label.trim() === '' || label.length > MAX_LABEL_LENGTH);
  if (bad !== undefined) fail(`1 to ${MAX_LABEL_LENGTH} characters each`, show(bad));
  const unprintable = labels.find((label) => !isPlainText(label));
  if (unprintable !== undefined) fail('no control characters and no halves of surrogate pairs', show(unprintable));
}

/**
 * How labels are scored, as card.json says it.
 *
 * @throws ValidationError
 */
export function cardProblem(card: Config | undefined): HeadLabels['problem'] | undefined {
  const said = card?.get('problem') ?? undefined;
  if (said === undefined) return undefined;
  const problem = PROBLEMS.find((known) => known === said);
  if (problem !== undefined) return problem;
  const rule = `problem: must be one of ${PROBLEMS.join(', ')} in card.json, got ${show(said)}`;
  throw new ValidationError(rule, { param: 'problem' });
}

function cardLabels(card: Config | undefined): readonly string[] | undefined {
  return card?.has('labels') ? stringsKey(card, 'labels') : undefined;
}

/** AdapterHub writes `label2id` beside `config` for a model's own head and inside it for a head module. */
function configLabels(headConfig: Config | undefined): readonly string[] | undefined {
  const inner = headConfig?.get('config');
  const value = (isConfig(inner) ? inner.get('label2id') : undefined) ?? headConfig?.get('label2id');
  if (!isConfig(value)) return undefined;
  const named = [...value].map(([label, id]): [string, number] => [label, position(id)]);
  return named
    .sort(([, a], [, b]) => a - b)
    .map(([label], at) => {
      if (named[at]![1] === at) return label;
      throw new ValidationError(`label2id: ids must be 0 to ${named.length - 1}, each once`, { param: 'label2id' });
    });
}

function position(value: JsonValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ValidationError(`label2id: an id must be an integer of at least 0, got ${show(value)}`, {
    param: 'label2id',
  });
}

function headProblem(headConfig: Config | undefined): HeadLabels['problem'] | undefined {
  const inner = headConfig?.get('config');
  return isConfig(inner) && inner.get('head_type') === 'multilabel_classification' ? 'multi' : undefined;
}
