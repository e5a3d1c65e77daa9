import { ShapeError } from '../common/errors.js';
import { scoresOf, topIndices } from './labels.js';
import { parseTags } from './tag-scheme.js';
import type { Encoding } from './tokenizers/encoding.js';

export interface Entity {
  /** Start and end (exclusive) in Unicode code points of the text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly label: string;
  /** Mean of the probabilities of the labels that made it. */
  readonly score: number;
}

/**
 * How pieces of words are joined.
 * - `first`: a word has the label and probability of its first piece, so an entity is made of whole words.
 * - `simple`: each piece has its own label, as the pipeline of that name in Hugging Face does it.
 */
export type Aggregation = 'first' | 'simple';

export interface TokenAnswer {
  readonly text: string;
  readonly encoding: Pick<Encoding, 'offsets' | 'specialMask' | 'wordIds'>;
  readonly logits: Float32Array; // [tokens, labels]
  readonly labels: readonly string[];
  readonly aggregation?: Aggregation;
}

/** One word, or one piece by `simple`. */
interface Unit {
  readonly start: number;
  readonly end: number;
  readonly label: number;
  readonly score: number;
}

/**
 * Entities from token logits: softmax over labels, pieces joined to units, neighbouring units of one type joined by the
 * scheme that the label names follow (tag-scheme.ts). A tag that breaks its scheme, such as an `I-X` after `O`, begins an
 * entity. Spans never begin or end with white space, which some tokenizers count to the word behind it.
 *
 * @throws ShapeError  when logits are not [tokens, labels] of the encoding
 */
export function tokenSpans(answer: TokenAnswer): Entity[] {
  const tags = parseTags(answer.labels);
  const points = Array.from(answer.text);
  const entities: Entity[] = [];
  let open: Unit[] = [];
  const close = (): void => {
    const entity = toEntity(open, tags[open[0]?.label ?? -1]?.type, points);
    if (entity) entities.push(entity);
    open = [];
  };
  for (const unit of unitsOf(answer)) {
    const [tag, last] = [tags[unit.label], tags[open.at(-1)?.label ?? -1]];
    if (!last || !tag || last.ends || tag.begins || last.type !== tag.type) close();
    open.push(unit);
  }
  close();
  return entities;
}

/** Pieces or words with their best label; tokens that the tokenizer added are left out. */
function unitsOf({ encoding, logits, labels, aggregation = 'first' }: TokenAnswer): Unit[] {
  const tokens = encoding.specialMask.length;
  if (logits.length !== tokens * labels.length) {
    throw new ShapeError(`tokenSpans: logits: expected [${tokens}, ${labels.length}], got ${logits.length} numbers`);
  }
  const units: Unit[] = [];
  let word = -1;
  for (let token = 0; token < tokens; token++) {
    if (encoding.specialMask[token] === 1) continue;
    const [start = 0, end = 0] = encoding.offsets.subarray(2 * token, 2 * token + 2);
    const last = units.at(-1);
    if (aggregation === 'first' && last && encoding.wordIds[token] === word) {
      units[units.length - 1] = { ...last, end: Math.max(last.end, end) };
      continue;
    }
    word = encoding.wordIds[token] ?? -1;
    const scores = scoresOf(logits.subarray(token * labels.length, (token + 1) * labels.length), 'single');
    const [label = 0] = topIndices(scores, 1);
    units.push({ start, end, label, score: scores[label] ?? 0 });
  }
  return units;
}

function toEntity(units: readonly Unit[], label: string | undefined, points: readonly string[]): Entity | undefined {
  if (label === undefined) return undefined;
  let start = Math.min(...units.map((unit) => unit.start));
  let end = Math.max(...units.map((unit) => unit.end));
  while (start < end && isSpace(points[start])) start++;
  while (start < end && isSpace(points[end - 1])) end--;
  if (start >= end) return undefined;
  const score = units.reduce((sum, unit) => sum + unit.score, 0) / units.length;
  return { start, end, text: points.slice(start, end).join(''), label, score };
}

function isSpace(point: string | undefined): boolean {
  return point !== undefined && /^\s$/u.test(point);
}
