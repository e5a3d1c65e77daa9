import { countCodePoints } from '../../common/code-points.js';
import { isPlainText } from '../../common/text.js';
import type { EntitySpan, Example, Field } from './example.js';
import { type FaultKind, type FaultSink, shown } from './fault.js';
import type { FieldKeys } from './fields.js';
import { type EntityRules, parseEntities } from './parse-entities.js';
import type { RawRow } from './raw-row.js';

export interface ExampleRules extends EntityRules {
  /** The fields the task reads, and of these the ones a row must have. */
  readonly fields: readonly Field[];
  readonly required: ReadonlySet<Field>;
  /** Longest text kept as it is, in code points; a longer one is kept with a warning, since training will cut it. */
  readonly maxCharacters: number;
  /** The tasks there may be. */
  readonly tasks?: ReadonlySet<string> | undefined;
}

const LONGEST_LABEL = 200;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** One row of a file as an example, or undefined; every fault found in it goes to `faults`. */
export function parseExample(
  row: RawRow,
  keys: FieldKeys,
  rules: ExampleRules,
  faults: FaultSink,
): Example | undefined {
  const example: Partial<Record<Field, unknown>> = {};
  const cell = new Cell(row, faults);
  for (const field of rules.fields) {
    const value = cell.read(field, keys[field]);
    if (value === undefined) {
      if (rules.required.has(field)) cell.refuseMissing(field);
      continue;
    }
    // entities are read after the text that they count in
    if (field !== 'entities') example[field] = cell[field](value, rules);
  }
  const { text } = example;
  if (typeof text === 'string') {
    if (countLonger(text, rules.maxCharacters)) cell.warnLong(keys.text, rules.maxCharacters);
    const entities = rules.fields.includes('entities') ? cell.read('entities', keys.entities) : undefined;
    if (entities !== undefined) example.entities = cell.entities(text, entities, rules);
  }
  return cell.isSound ? (example as unknown as Example) : undefined;
}

function countLonger(text: string, limit: number): boolean {
  return text.length > limit && countCodePoints(text) > limit;
}

/** Reads the values of one row, each by the rule of its field; a method gives null after a fault. */
class Cell {
  isSound = true;
  private key: string | undefined;

  constructor(
    private readonly row: RawRow,
    private readonly faults: FaultSink,
  ) {}

  /** The value of a field; undefined when the row lacks it: no key, null, or an empty cell of CSV (but not of the text). */
  read(field: Field, key: string | undefined): unknown {
    this.key = key;
    const value = key === undefined ? undefined : this.row.values[key];
    if (value === null || (this.row.isText && field !== 'text' && value === '')) return undefined;
    return value;
  }

  readonly refuse = (kind: FaultKind, message: string): null => {
    const { row, key } = this;
    this.faults.add(kind, () => row.place(key), message);
    this.isSound = false;
    return null;
  };

  refuseMissing(field: Field): void {
    const got = this.key === undefined ? `the keys ${Object.keys(this.row.values).slice(0, 20).join(', ')}` : 'none';
    this.refuse('missing_field', `expected ${field}, got ${got}`);
  }

  warnLong(key: string | undefined, limit: number): void {
    const { row } = this;
    this.faults.add('too_long', () => row.place(key), `text: expected at most ${limit} code points, got more`);
  }

  text(value: unknown): string | null {
    if (typeof value !== 'string') return this.refuse('wrong_type', `${this.key}: expected text, got ${shown(value)}`);
    if (value.trim() === '') return this.refuse('empty_text', `${this.key}: expected text, got only white space`);
    if (LONE_SURROGATE.test(value)) {
      return this.refuse('lone_surrogate', `${this.key}: expected whole characters, got half of a surrogate pair`);
    }
    return value;
  }

  pair(value: unknown): string | null {
    return this.text(value);
  }

  group(value: unknown): string | null {
    return this.name(value);
  }

  /** A whole number is taken for its digits, since many files number their labels. */
  private name(value: unknown): string | null {
    const name = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof name !== 'string') return this.refuse('wrong_type', `${this.key}: expected a name, got ${shown(value)}`);
    const trimmed = name.trim();
    if (trimmed !== '' && isPlainText(trimmed) && trimmed.length <= LONGEST_LABEL) return trimmed;
    return this.refuse(
      'invalid_label',
      `${this.key}: expected 1 to ${LONGEST_LABEL} printable characters, got ${shown(name)}`,
    );
  }

  task(value: unknown, { tasks }: ExampleRules): string | null {
    const name = this.name(value);
    if (name === null || !tasks || tasks.has(name)) return name;
    return this.refuse('unknown_task', `${this.key}: expected a task of the objective, got ${shown(name)}`);
  }

  label(value: unknown, { labels }: EntityRules): string | null {
    const name = this.name(value);
    if (name === null || !labels || labels.has(name)) return name;
    return this.refuse('unknown_label', `${this.key}: expected a known label, got ${shown(name)}`);
  }

  labels(value: unknown, rules: EntityRules): string[] | null {
    const list = this.row.isText && typeof value === 'string' ? this.listOf(value) : value;
    if (!Array.isArray(list)) return this.refuse('wrong_type', `${this.key}: expected a list, got ${shown(value)}`);
    const names = list.map((name: unknown) => this.label(name, rules));
    return [...new Set(names.filter((name) => name !== null))].sort();
  }

  /** In CSV labels are a JSON list or names between bars. */
  private listOf(value: string): unknown {
    return value.trimStart().startsWith('[') ? this.json(value) : value.split('|');
  }

  private json(value: string): unknown {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }

  value(value: unknown): number | null {
    return this.number(value);
  }

  weight(value: unknown): number | null {
    const weight = this.number(value);
    if (weight === null || weight >= 0) return weight;
    return this.refuse('wrong_type', `${this.key}: expected a weight of at least 0, got ${weight}`);
  }

  private number(value: unknown): number | null {
    const number = this.row.isText && typeof value === 'string' && value.trim() !== '' ? toNumber(value) : value;
    if (typeof number !== 'number') {
      return this.refuse('wrong_type', `${this.key}: expected a number, got ${shown(value)}`);
    }
    if (Number.isFinite(number)) return number;
    return this.refuse('not_finite', `${this.key}: expected a finite number, got ${shown(value)}`);
  }

  entities(text: string, value: unknown, rules: EntityRules): EntitySpan[] | null {
    return parseEntities(
      text,
      this.row.isText && typeof value === 'string' ? this.json(value) : value,
      rules,
      this.refuse,
    );
  }
}

/** A number in a cell; the cell itself when it holds none. Python writes `nan` and `inf`. */
function toNumber(cell: string): number | string {
  const text = cell.trim();
  if (/^[+-]?(nan|inf|infinity)$/i.test(text)) return NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : cell;
}
