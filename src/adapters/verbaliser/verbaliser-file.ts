import { z } from 'zod';
import { ValidationError } from '../../common/errors.js';
import { canonicalJson, parseConfig } from '../config.js';
import type { AdapterFiles } from '../files.js';

/** Beside an adapter's files, or alone. */
export const VERBALISER_FILE = 'verbaliser.json';

const word = z.string().trim().min(1).max(100);

export const verbaliserFields = {
  /** A prompt with `{text}` and `[MASK]`, each once. */
  template: z.string().min(1).max(2000),
  /** The words that stand for a label; each must be one token of the base in the place of the mask. */
  labels: z
    .array(z.object({ label: z.string().min(1).max(256), words: z.array(word).min(1).max(100) }).strict())
    .min(2)
    .max(1000),
  /** Texts without content, such as `N/A`, that the prior is measured on where none is given; it is kept beside them. */
  calibration: z.array(z.string().max(2000)).min(1).max(16).optional(),
  /** A logit for each label that texts without content get, taken off every answer; none is taken off when absent. */
  prior: z.array(z.number()).optional(),
};

const verbaliserSchema = z
  .object(verbaliserFields)
  .strict()
  .refine(({ labels, prior }) => prior === undefined || prior.length === labels.length, {
    message: 'prior: expected one number a label',
    path: ['prior'],
  });

/** How labels are asked of a masked language model: a prompt, and words for each label. */
export type Verbaliser = z.infer<typeof verbaliserSchema>;

/** @throws ValidationError  for a file that is not as `verbaliserSchema` says */
export function readVerbaliser(files: AdapterFiles): Verbaliser | undefined {
  const bytes = files.get(VERBALISER_FILE);
  if (bytes === undefined) return undefined;
  const parsed = verbaliserSchema.safeParse(JSON.parse(canonicalJson(parseConfig(bytes, VERBALISER_FILE))));
  if (parsed.success) return parsed.data;
  throw new ValidationError(`${VERBALISER_FILE}: ${z.prettifyError(parsed.error)}`, { param: VERBALISER_FILE });
}

export function writeVerbaliser(verbaliser: Verbaliser): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(verbaliser, null, 2)}\n`);
}
