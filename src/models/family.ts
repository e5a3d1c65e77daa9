import type { EncoderConfig } from './encoder-config.js';
import type { HeadLayout } from './head-layout.js';
import type { SiteTable } from './sites.js';

/** One architecture: how its config reads, where its sites lie and what its tensors are called. */
export interface Family {
  readonly name: string;
  /** Values of `model_type` in config.json. */
  readonly modelTypes: readonly string[];
  /** Put before the trunk's tensors in a model with a head, e.g. `bert.`. */
  readonly prefix: string;
  /** @throws ModelError  for a key that cannot be honoured */
  parseConfig(json: object): EncoderConfig;
  sites(config: EncoderConfig): SiteTable;
  /** Trunk tensors that belong to no site, norm or embedding table: name → shape. */
  extraTensors(config: EncoderConfig): ReadonlyMap<string, readonly number[]>;
  headLayout(config: EncoderConfig): HeadLayout;
}
