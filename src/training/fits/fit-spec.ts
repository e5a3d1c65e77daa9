import type { AdapterTask } from '../../adapters/adapter-base.js';
import type { Recipe } from '../../composition/value.js';
import type { HeadLabels } from '../../models/heads.js';
import type { FitOptions } from './fit-options.js';

/** A member of a fit, and where its bytes lie. */
export interface FitPart {
  /** As results name it: pinned by digest. */
  readonly name: string;
  /** File with its packed brick. */
  readonly packed?: string;
  /** Directory with its files. */
  readonly files?: string;
  /** Of its head. */
  readonly labels?: HeadLabels;
}

/** All that decides a fit, as JSON but for the files it names. */
export interface FitSpec {
  readonly fit: FitOptions;
  /** Directory of the base model. */
  readonly base: string;
  readonly task: AdapterTask;
  /** Absent for one that reads no rows. */
  readonly data?: { readonly train: string };
  /** Directory with the files of the adapter that is fitted. */
  readonly initial?: string;
  readonly members: readonly FitPart[];
  /** Of a fit that learns a head: what it answers, as the job or the data name it. */
  readonly labels?: readonly string[];
  readonly problem?: HeadLabels['problem'];
  /** Of a floor: its members pinned. */
  readonly recipe?: Recipe;
  readonly seed: number;
  readonly threads: number;
}
