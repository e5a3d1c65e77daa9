import { ValidationError } from '../../common/errors.js';
import type { Field } from './example.js';

/**
 * Names, in lower case, by which files call a field; the first that a row has is taken. `answer` is what `chatRow` makes,
 * which is the label, labels, value or entities by the task.
 */
export const ALIASES: Readonly<Record<Field, readonly string[]>> = {
  text: ['text', 'sentence', 'sentence1', 'premise', 'anchor', 'input', 'content', 'utterance', 'query', 'question', 'prompt', 'review', 'tweet', 'message', 'body'], // prettier-ignore
  pair: ['pair', 'text_pair', 'sentence2', 'hypothesis', 'positive', 'passage'],
  label: ['label', 'category', 'intent', 'class', 'sentiment', 'target', 'completion', 'output', 'answer'],
  labels: ['labels', 'categories', 'intents', 'classes', 'tags', 'answer'],
  value: ['value', 'score', 'rating', 'similarity', 'label', 'answer'],
  entities: ['entities', 'spans', 'answer'],
  weight: ['weight', 'sample_weight'],
  task: ['task'],
  group: ['group', 'slice'],
};

/** The key of a row for each field that it has. */
export type FieldKeys = Readonly<Partial<Record<Field, string>>>;

/** Which key of a row is which field, by names given and by aliases. Rows of one file mostly have the same keys. */
export class FieldMap {
  private readonly known = new Map<string, FieldKeys>();

  /**
   * @param fields   what the task reads; others are not looked for
   * @param columns  names given for fields, exactly as in the file; they win over aliases
   */
  constructor(
    private readonly fields: readonly Field[],
    private readonly columns: FieldKeys = {},
  ) {
    const names = Object.values(columns);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined)
      throw new ValidationError(`columns: expected a column for one field, got ${twice} for two`);
  }

  keysOf(values: Readonly<Record<string, unknown>>): FieldKeys {
    const keys = Object.keys(values);
    const shape = keys.join('\0');
    let found = this.known.get(shape);
    if (!found) {
      found = this.match(keys);
      if (this.known.size < 1000) this.known.set(shape, found);
    }
    return found;
  }

  private match(keys: readonly string[]): FieldKeys {
    const taken = new Set(Object.values(this.columns));
    const byName = new Map<string, string>();
    for (const key of [...keys].reverse()) if (!taken.has(key)) byName.set(key.trim().toLowerCase(), key);
    const found: Partial<Record<Field, string>> = {};
    for (const field of this.fields) {
      const given = this.columns[field];
      const key = given ?? ALIASES[field].map((alias) => byName.get(alias)).find((name) => name !== undefined);
      if (key !== undefined) found[field] = key;
    }
    return found;
  }
}

/** Fields that a task reads, or several tasks with a head each. */
export function fieldsOf(task: string, problem: string, hasTasks = false): Field[] {
  const target: Record<string, Field> = { single: 'label', multi: 'labels', regression: 'value' };
  const common: Field[] = ['text', 'weight', 'group'];
  if (task === 'masked_lm') return common;
  if (task === 'token_classification') return ['entities', ...common];
  if (task === 'embedding') return ['pair', 'value', ...common];
  return ['pair', target[problem] ?? 'label', ...(hasTasks ? (['task'] as const) : []), ...common];
}
