import type { AdapterFiles } from '../../adapters/files.js';
import { labelTokens } from '../../adapters/verbaliser/label-tokens.js';
import { Template, type PromptTokenizer } from '../../adapters/verbaliser/template.js';
import { readVerbaliser, type Verbaliser } from '../../adapters/verbaliser/verbaliser-file.js';
import { WHOLE_METHODS } from '../../adapters/whole-model.js';
import { ValidationError } from '../../common/errors.js';
import type { BaseModel } from '../../models/base-model.js';
import type { HeadLabels } from '../../models/heads.js';
import type { TrainingSpec } from '../hyperparameters.js';
import type { PromptOptions } from '../objectives/prompt.js';

/** A run through the masked-LM head: its rows are prompts, its logits those of the labels' words at the mask. */
export interface PromptRun {
  readonly objective: PromptOptions;
  readonly verbaliser: Verbaliser;
  readonly template: Template;
  /** Tokens of each label. */
  readonly tokens: readonly (readonly number[])[];
}

/**
 * The prompt that the objective names, or that of the version which the run goes on from.
 *
 * @throws ValidationError  for a task or method that has no prompts
 */
export function promptOf(
  spec: TrainingSpec,
  base: BaseModel,
  initial: AdapterFiles | undefined,
): PromptRun | undefined {
  const verbaliser = spec.objective === undefined && initial ? readVerbaliser(initial) : undefined;
  const objective = verbaliser ? { name: 'prompt' as const, labelSmoothing: 0, ...verbaliser } : spec.objective;
  if (objective?.name !== 'prompt') return undefined;
  if (spec.task !== 'sequence_classification' || spec.problem !== 'single') {
    const got = `${spec.task}, ${spec.problem}`;
    throw new ValidationError(`objective: a prompt is for sequence_classification, single, got ${got}`, {
      param: 'objective',
    });
  }
  if (WHOLE_METHODS.includes(spec.method.name)) {
    throw new ValidationError(
      `adapter.method: expected one whose result is an adapter with a prompt, got ${spec.method.name}`,
      { param: 'adapter' },
    );
  }
  return openPrompt(objective, base.tokenizer);
}

/** @throws ValidationError | IncompatibleAdapterError  for a template or words that the base cannot be asked with */
function openPrompt(objective: PromptOptions, tokenizer: PromptTokenizer): PromptRun {
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
