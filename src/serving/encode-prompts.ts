import { encodePrompt, type EncodedPrompt } from '../adapters/verbaliser/encode-prompt.js';
import type { PromptTokenizer, Template } from '../adapters/verbaliser/template.js';
import type { Tokenizer } from '../models/tokenizers/tokenizer.js';
import { cutTo, maxCharacters } from './input-bound.js';
import { encodeWhole, inTurns, type EncodeLimits } from './input-encoder.js';

type Encoder = PromptTokenizer & Pick<Tokenizer, 'truncationSide'>;

/**
 * Texts in a prompt, as `encodeTexts` encodes them. With `truncate` the text is cut and the prompt around it stays whole.
 *
 * @throws ValidationError  for a prompt of more than `maxTokens`, unless `truncate`; for a template that leaves no room
 */
export function encodePrompts(
  tokenizer: Encoder,
  texts: readonly string[],
  template: Template,
  limits: EncodeLimits,
): Promise<EncodedPrompt[]> {
  const { maxTokens, truncate } = limits;
  return inTurns(texts, (text, index) => {
    if (truncate) {
      const piece = cutTo(text, maxCharacters(maxTokens), tokenizer.truncationSide);
      return encodePrompt(piece, template, tokenizer, maxTokens);
    }
    const encoding = encodeWhole(tokenizer, template.wrap(text, tokenizer), limits, index);
    return { encoding, mask: template.maskPosition(encoding.ids, tokenizer) };
  });
}
