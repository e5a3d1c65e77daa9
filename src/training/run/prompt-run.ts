import { labelTokens } from '../../adapters/verbaliser/label-tokens.js';
import { Template, type PromptTokenizer } from '../../adapters/verbaliser/template.js';
import type { Verbaliser } from '../../adapters/verbaliser/verbaliser-file.js';
import { ValidationError } from '../../common/errors.js';
import type { HeadLabels } from '../../models/heads.js';
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
