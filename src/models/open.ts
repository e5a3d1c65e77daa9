import { requireFamily } from './families.js';
import { openWeights } from './lazy-weights.js';
import { assemble, readTokenizer, type BaseParts } from './load.js';
import { DEFAULT_LIMITS, ModelFiles } from './model-files.js';
import type { LocalSource } from './model-source.js';
import { canonicalise, canonicalName } from './tensor-names.js';
import type { Tokenizer } from './tokenizers/tokenizer.js';

/** A base whose numbers are read from its files when they are asked for; see lazy-weights.ts. */
export interface OpenBase extends BaseParts {
  /** Of the files as they were found; see `LocalSource.stamp`. */
  readonly stamp: string;
}

/**
 * Opens a Hugging Face model directory without reading its weights. For what needs a few tensors of a base now and then,
 * beside an engine that holds and has checked them all.
 *
 * @throws ModelError  as `loadBaseModel`, for what config.json and the headers of the weight files say
 */
export async function openBase(source: LocalSource): Promise<OpenBase> {
  const stamp = await source.stamp();
  const files = new ModelFiles(source);
  const json = await files.readJson('config.json', DEFAULT_LIMITS.configBytes);
  const family = requireFamily(json['model_type']);
  const skips = (name: string) => canonicalName(family, name) === undefined;
  const tensors = canonicalise(family, await openWeights(source, files, { ...DEFAULT_LIMITS, skips }));
  return { ...assemble(family, json, family.parseConfig(json), tensors), stamp };
}

/** As `openBase`, with the tokenizer. */
export async function openBaseWithTokenizer(source: LocalSource): Promise<OpenBase & { readonly tokenizer: Tokenizer }> {
  const base = await openBase(source);
  return { ...base, tokenizer: await readTokenizer(new ModelFiles(source), DEFAULT_LIMITS, base.config) };
}
