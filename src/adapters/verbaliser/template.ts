import { ValidationError } from '../../common/errors.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';

/** What a prompt needs of the base's tokenizer. */
export type PromptTokenizer = Pick<Tokenizer, 'encode' | 'special' | 'maskToken'>;

const TEXT = '{text}';
const MASK = '[MASK]';

/** A prompt around a text, with one place to fill in: `{text} It was [MASK].`, the same for every base. */
export class Template {
  private constructor(
    private readonly source: string,
    private readonly isMaskLast: boolean,
  ) {}

  /** @throws ValidationError  when the template has not `{text}` and `[MASK]`, each once */
  static parse(source: string): Template {
    for (const part of [TEXT, MASK]) {
      const count = source.split(part).length - 1;
      if (count !== 1) {
        throw new ValidationError(`template: must have ${part} once, got it ${count} times`, { param: 'template' });
      }
    }
    return new Template(source, source.indexOf(MASK) > source.indexOf(TEXT));
  }

  /** @param filling  in the place of the mask, such as the tokenizer's mask token */
  fill(text: string, filling: string): string {
    const parts: Readonly<Record<string, string>> = { [TEXT]: text, [MASK]: filling };
    return this.source.replace(/\{text\}|\[MASK\]/g, (part) => parts[part] ?? part); // in one pass: a text may say [MASK]
  }

  /** The prompt of a text. @throws ValidationError  for a tokenizer without a mask token */
  wrap(text: string, tokenizer: Pick<PromptTokenizer, 'maskToken'>): string {
    return this.fill(text, requireMask(tokenizer));
  }

  /**
   * Where the template's mask stands among the tokens of a prompt; masks that the text brings do not count.
   *
   * @throws ValidationError  when there is none
   */
  maskPosition(ids: Int32Array, { special }: Pick<PromptTokenizer, 'special'>): number {
    const at =
      special.mask === undefined ? -1 : this.isMaskLast ? ids.lastIndexOf(special.mask) : ids.indexOf(special.mask);
    if (at >= 0) return at;
    throw new ValidationError('template: expected a mask token in the prompt, got none', { param: 'template' });
  }
}

function requireMask({ maskToken }: Pick<PromptTokenizer, 'maskToken'>): string {
  if (maskToken !== undefined) return maskToken;
  throw new ValidationError('template: the base must have a mask token, got none', { param: 'template' });
}
