import { IncompatibleAdapterError } from '../common/errors.js';
import { stringKey, type Config } from './config.js';
import { isConfig, show } from './config.js';
import { ADAPTER_TASKS, type AdapterBase, type AdapterTask } from './adapter-base.js';

const PEFT_TASKS: ReadonlyMap<string, AdapterTask> = new Map([
  ['SEQ_CLS', 'sequence_classification'],
  ['TOKEN_CLS', 'token_classification'],
  ['FEATURE_EXTRACTION', 'embedding'],
]);

/** What a class of Hugging Face answers, e.g. `BertForSequenceClassification`. */
export function taskOfClass(name: string): AdapterTask | undefined {
  if (name.endsWith('ForSequenceClassification')) return 'sequence_classification';
  if (name.endsWith('ForTokenClassification')) return 'token_classification';
  if (name.endsWith('ForMaskedLM') || name.endsWith('ForPreTraining')) return 'masked_lm';
  return /^[A-Z][A-Za-z]*Model$/.test(name) ? 'embedding' : undefined;
}

/**
 * The task that a PEFT configuration states: `task_type`, else the class it was made for.
 *
 * @throws IncompatibleAdapterError  for a task that an encoder does not answer
 */
export function statedTask(config: Config): AdapterTask | undefined {
  const type = stringKey(config, 'task_type', '');
  if (type !== '') {
    const task = PEFT_TASKS.get(type);
    if (task) return task;
    const known = [...PEFT_TASKS.keys()].join(', ');
    throw new IncompatibleAdapterError(`task_type: must be one of ${known} or null, got ${show(type)}`, {
      param: 'task_type',
    });
  }
  const mapping = config.get('auto_mapping');
  return isConfig(mapping) ? taskOfClass(stringKey(mapping, 'base_model_class', '')) : undefined;
}

/** A task written by a person or in card.json. */
export function parseTask(value: string): AdapterTask {
  const task = ADAPTER_TASKS.find((known) => known === value);
  if (task) return task;
  throw new IncompatibleAdapterError(`task: must be one of ${ADAPTER_TASKS.join(', ')}, got ${show(value)}`, {
    param: 'task',
  });
}

/**
 * The task where nothing states it: by the parts of a head that the adapter brings, else by the head that the base has.
 *
 * @param modules  canonical names of the head modules that the adapter brings or changes
 * @throws IncompatibleAdapterError  when the parts fit two tasks
 */
export function inferredTask(
  modules: readonly string[],
  base: AdapterBase,
  layout: {
    readonly sequence: { readonly dense: string; readonly out: string };
    readonly token: { readonly out: string };
  },
): AdapterTask {
  const { sequence, token } = layout;
  const has = (module: string): boolean => modules.includes(module);
  if (has(sequence.dense) || (has(sequence.out) && sequence.out !== token.out)) return 'sequence_classification';
  if (has(token.out)) {
    if (sequence.out !== token.out) return 'token_classification';
    throw new IncompatibleAdapterError(
      `task: must be given (option task, or task_type in adapter_config.json), got a ${token.out} of either classification`,
      { param: 'task' },
    );
  }
  if (modules.length > 0) return 'masked_lm';
  if (base.heads.sequence) return 'sequence_classification';
  if (base.heads.token) return 'token_classification';
  return base.heads.maskedLm ? 'masked_lm' : 'embedding';
}
