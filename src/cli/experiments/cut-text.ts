import { ValidationError } from '../../common/errors.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';

/**
 * The part of a text that a model of `maxTokens` reads, special tokens included: as data sets are cut in training, where the
 * API cuts at the base's own length only.
 *
 * @throws ValidationError  when the part alone has other tokens than it had in the text
 */
export function cutText(tokenizer: Pick<Tokenizer, 'encode'>, text: string, maxTokens: number): string {
  if (tokenizer.encode(text).ids.length <= maxTokens) return text;
  const { ids, offsets } = tokenizer.encode(text, { maxTokens });
  const end = offsets.reduce((a, b) => Math.max(a, b), 0);
  const part = Array.from(text).slice(0, end).join('');
  const again = tokenizer.encode(part).ids;
  if (again.length === ids.length && again.every((id, at) => id === ids[at])) return part;
  throw new ValidationError(`text: expected its first ${maxTokens} tokens to be those of its beginning, got ${part}`);
}
