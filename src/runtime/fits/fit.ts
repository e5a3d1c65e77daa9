import type { HeadLabels } from '../../models/heads.js';
import type { BaseModel } from '../../models/base-model.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { Example } from '../../training/datasets/example.js';
import type { MadeFusion, Metrics } from '../../training/events.js';
import type { FitName, FitOptions } from '../../training/fits/fit-options.js';
import type { FitSpec } from '../../training/fits/fit-spec.js';
import type { FitWatch } from '../../training/fits/learn-gains.js';
import type { Runtime } from '../protocol.js';

/** What a fit works with. */
export interface FitContext {
  readonly spec: FitSpec;
  readonly base: BaseModel;
  /** None for a fit that reads no rows. */
  readonly examples: readonly Example[];
  readonly executor: Executor;
  /** The base in this process; made when it is first asked for. */
  runtime(): Runtime;
  readonly watch: FitWatch;
}

/** What comes of a fit: the files of a version. */
export interface FitOutcome {
  readonly kind: 'adapter' | 'composition';
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly metrics: Metrics;
  readonly summary?: string;
  /** Of a composition: what its head means. */
  readonly labels?: HeadLabels;
  /** Of a router: what it is for. */
  readonly fusion?: MadeFusion;
}

/** One way to fit. A new fit is one file, and one line here and in its options. */
export type Fit<N extends FitName = FitName> = (
  options: Extract<FitOptions, { name: N }>,
  context: FitContext,
) => Promise<FitOutcome>;
