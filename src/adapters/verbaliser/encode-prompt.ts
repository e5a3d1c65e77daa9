import { codePointSlicer } from '../../common/code-points.js';
import { ValidationError } from '../../common/errors.js';
import { textPositions, type Encoding } from '../../models/tokenizers/encoding.js';
import type { PromptTokenizer, Template } from './template.js';

export interface EncodedPrompt {
  readonly encoding: Encoding;
  /** Where its mask stands among the tokens. */
  readonly mask: number;
}

/**
 * A text in its prompt. One that is too long is cut where the tokenizer cuts, and the prompt around it stays whole.
 *
 * @throws ValidationError  for a template that leaves no room for a text
 */
export function encodePrompt(
  text: string,
  template: Template,
  tokenizer: PromptTokenizer,
  maxTokens: number,
): EncodedPrompt {
  const whole = tokenizer.encode(template.wrap(text, tokenizer));
  const encoding = whole.ids.length <= maxTokens ? whole : encodeCut(text, template, tokenizer, maxTokens);
  return { encoding, mask: template.maskPosition(encoding.ids, tokenizer) };
}

/** Cut where the text alone reaches the room left, and a token shorter while it then takes more in the prompt. */
function encodeCut(text: string, template: Template, tokenizer: PromptTokenizer, maxTokens: number): Encoding {
  const around = tokenizer.encode(template.wrap('', tokenizer)).ids.length;
  const special = tokenizer.encode('').ids.length;
  for (let room = maxTokens - around; room >= 1; room--) {
    const kept = coveredPart(text, tokenizer.encode(text, { maxTokens: room + special }));
    const encoding = tokenizer.encode(template.wrap(kept, tokenizer));
    if (encoding.ids.length <= maxTokens) return encoding;
  }
  throw new ValidationError(`template: expected room for a text beside its ${around} tokens, got ${maxTokens} in all`, {
    param: 'input',
    code: 'context_length_exceeded',
  });
}

/** The stretch of the text that its encoding covers. */
function coveredPart(text: string, encoding: Encoding): string {
  const own = textPositions(encoding);
  if (own.length === 0) return '';
  const starts = own.map((at) => encoding.offsets[2 * at] ?? 0);
  const ends = own.map((at) => encoding.offsets[2 * at + 1] ?? 0);
  return codePointSlicer(text)(Math.min(...starts), Math.max(...ends));
}
