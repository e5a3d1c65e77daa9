import { labelTokens } from '../../adapters/verbaliser/label-tokens.js';
import { Template, type PromptTokenizer } from '../../adapters/verbaliser/template.js';
import type { Verbaliser } from '../../adapters/verbaliser/verbaliser-file.js';
import { codePointSlicer } from '../../common/code-points.js';
import { ValidationError } from '../../common/errors.js';
import type { HeadLabels } from '../../models/heads.js';
import type { Encoding } from '../../models/tokenizers/encoding.js';
import type { PromptOptions } from '../objectives/prompt.js';

/** A run through the masked-LM head: its rows are prompts, its logits those of the labels' words at the mask. */
export interface PromptRun {
  readonly objective: PromptOptions;
  readonly verbaliser: Verbaliser;
  readonly template: Template;
  /** Tokens of each label. */
  readonly tokens: readonly (readonly number[])[];
}

/** @throws ValidationError | IncompatibleAdapterError  for a template or words that the base cannot be asked with */
export function openPrompt(objective: PromptOptions, tokenizer: PromptTokenizer): PromptRun {
  const { template, labels, calibration, prior } = objective;
  const verbaliser = { template, labels, ...(calibration && { calibration }), ...(prior && { prior }) };
  return { objective, verbaliser, template: Template.parse(template), tokens: labelTokens(verbaliser, tokenizer) };
}

/** The verbaliser's labels, in its order. @throws ValidationError  for a label that it has no words for */
export function promptLabels({ verbaliser }: PromptRun, given: readonly string[]): HeadLabels {
  const labels = verbaliser.labels.map(({ label }) => label);
  const unknown = given.find((label) => !labels.includes(label));
  if (unknown === undefined) return { labels, problem: 'single' };
  throw new ValidationError(`objective.labels: expected words for every label of the data, got none for ${unknown}`);
}

/**
 * A text in its prompt, and where the mask stands among the tokens. A text that is too long is cut; the prompt stays whole.
 *
 * @throws ValidationError  for a template that leaves no room for a text
 */
export function encodePrompt(
  text: string,
  template: Template,
  tokenizer: PromptTokenizer,
  maxTokens: number,
): { readonly encoding: Encoding; readonly mask: number } {
  const around = tokenizer.encode(template.wrap('', tokenizer)).ids.length;
  const special = tokenizer.encode('').ids.length;
  let encoding = tokenizer.encode(template.wrap(text, tokenizer));
  // A text may take more tokens in the prompt than alone: then it is cut again, one token shorter.
  for (let room = maxTokens - around; encoding.ids.length > maxTokens; room--) {
    if (room < 1) throw new ValidationError(`template: expected room for a text beside its ${around} tokens, got ${maxTokens} in all`); // prettier-ignore
    const kept = coveredPart(text, tokenizer.encode(text, { maxTokens: room + special }));
    encoding = tokenizer.encode(template.wrap(kept, tokenizer));
  }
  return { encoding, mask: template.maskPosition(encoding.ids, tokenizer) };
}

function coveredPart(text: string, { ids, specialMask, offsets }: Encoding): string {
  const own = Array.from(ids.keys()).filter((at) => specialMask[at] === 0);
  const starts = own.map((at) => offsets[2 * at] ?? 0);
  const ends = own.map((at) => offsets[2 * at + 1] ?? 0);
  return own.length === 0 ? '' : codePointSlicer(text)(Math.min(...starts), Math.max(...ends));
}
