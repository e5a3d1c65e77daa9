import { ValidationError } from '../../common/errors.js';
import type { Encoding } from '../../models/tokenizers/encoding.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import type { EntitySpan } from './example.js';
import type { SpanCheck } from './parse-entities.js';
import { wordSpans } from './word-spans.js';

/** The label of tokens that the loss passes over. */
export const IGNORED = -100;

/** `O`, then `B-X` and `I-X` for each type in the order given. */
export function bioNames(types: readonly string[]): string[] {
  return ['O', ...types.flatMap((type) => [`B-${type}`, `I-${type}`])];
}

/**
 * Label indices of the tokens of a text: a word that an entity covers or begins in has `B-X` or `I-X` at its first piece, other
 * words `O`, and all other tokens −100. What `tokenSpans` reads back by words is the entities again, when each begins and
 * ends at a border of words and the text was not cut.
 *
 * @param entities  in order, not overlapping
 * @param names     see `bioNames`
 * @returns         [tokens]
 * @throws ValidationError  for an entity whose type has no label
 */
export function bioLabels(
  text: string,
  encoding: Pick<Encoding, 'offsets' | 'specialMask' | 'wordIds'>,
  entities: readonly EntitySpan[],
  names: readonly string[],
): Int32Array {
  const indexOf = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new ValidationError(`bioLabels: expected a label of ${names.join(', ')}, got ${name}`);
    return index;
  };
  const labels = new Int32Array(encoding.specialMask.length).fill(IGNORED);
  let next = 0;
  let begun = -1;
  for (const { token, start, end } of wordSpans(text, encoding)) {
    while (next < entities.length && entities[next]!.end <= start) next++;
    const entity = entities[next];
    if (!entity || entity.start >= end || start >= end) labels[token] = indexOf('O');
    else {
      labels[token] = indexOf(`${begun === next ? 'I' : 'B'}-${entity.label}`);
      begun = next;
    }
  }
  return labels;
}

/** Says whether an entity begins where a word of the tokenizer does and ends where one does: only then can labels of words tell it. */
export function tokenBorderCheck(tokenizer: Pick<Tokenizer, 'encode'>): SpanCheck {
  let last: { text: string; starts: Set<number>; ends: Set<number> } | undefined;
  return (text, { start, end }) => {
    if (last?.text !== text) {
      const words = wordSpans(text, tokenizer.encode(text, { addSpecialTokens: false }));
      last = { text, starts: new Set(words.map((w) => w.start)), ends: new Set(words.map((w) => w.end)) };
    }
    if (!last.starts.has(start)) return `expected a start where a word of the tokenizer begins, got ${start}`;
    return last.ends.has(end) ? undefined : `expected an end where a word of the tokenizer ends, got ${end}`;
  };
}
