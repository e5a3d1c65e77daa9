import type { PromptTokenizer, Template } from '../adapters/verbaliser/template.js';
import { codePointSlicer } from '../common/code-points.js';
import { ValidationError } from '../common/errors.js';
import type { Encoding } from '../models/tokenizers/encoding.js';
import type { Tokenizer } from '../models/tokenizers/tokenizer.js';
import { maxCharacters } from './input-bound.js';
import { encodeTexts, type EncodeLimits } from './input-encoder.js';

type Encoder = PromptTokenizer & Pick<Tokenizer, 'truncationSide'>;

export interface EncodedPrompt {
  readonly encoding: Encoding;
  /** Where its mask stands among the tokens. */
  readonly mask: number;
}

/**
 * Texts in a prompt, as `encodeTexts` encodes them. With `truncate` the text is cut and the prompt around it stays whole.
 *
 * @throws ValidationError  for a prompt of more than `maxTokens`, unless `truncate`; for a template that leaves no room
 */
export async function encodePrompts(
  tokenizer: Encoder,
  texts: readonly string[],
  template: Template,
  limits: EncodeLimits,
): Promise<EncodedPrompt[]> {
  const fitting = limits.truncate ? await cutTexts(tokenizer, texts, template, limits) : texts;
  const prompts = fitting.map((text) => template.wrap(text, tokenizer));
  const encodings = await encodeTexts(tokenizer, prompts, { ...limits, truncate: false });
  return encodings.map((encoding) => ({ encoding, mask: template.maskPosition(encoding.ids, tokenizer) }));
}

/** Each text's part that fits: cut where it alone reaches the room left, and again where it then takes more in the prompt. */
async function cutTexts(
  tokenizer: Encoder,
  texts: readonly string[],
  template: Template,
  { maxTokens }: EncodeLimits,
): Promise<string[]> {
  const around = tokenizer.encode(template.wrap('', tokenizer)).ids.length;
  const special = tokenizer.encode('').ids.length;
  const cut: string[] = [];
  for (const text of texts) {
    for (let room = maxTokens - around; ; room--) {
      if (room < 1) throw noRoom(around, maxTokens);
      const [encoding] = await encodeTexts(tokenizer, [text], { maxTokens: room + special, truncate: true });
      const kept = keptPart(text, encoding, room + special);
      if (tokenizer.encode(template.wrap(kept, tokenizer)).ids.length > maxTokens) continue;
      cut.push(kept);
      break;
    }
  }
  return cut;
}

/** The stretch of the text that its encoding covers; the whole text where nothing was cut. */
function keptPart(text: string, encoding: Encoding | undefined, limit: number): string {
  const isWhole = encoding === undefined || encoding.ids.length < limit;
  if (isWhole && text.length <= maxCharacters(limit)) return text;
  if (encoding === undefined) return '';
  const own = Array.from(encoding.ids.keys()).filter((at) => encoding.specialMask[at] === 0);
  const starts = own.map((at) => encoding.offsets[2 * at] ?? 0);
  const ends = own.map((at) => encoding.offsets[2 * at + 1] ?? 0);
  return own.length === 0 ? '' : codePointSlicer(text)(Math.min(...starts), Math.max(...ends));
}

function noRoom(around: number, maxTokens: number): ValidationError {
  return new ValidationError(
    `template: expected room for a text beside its ${around} tokens, got ${maxTokens} in all`,
    {
      param: 'input',
      code: 'context_length_exceeded',
    },
  );
}
