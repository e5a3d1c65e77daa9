import type { AdapterTask } from '../adapters/adapter-base.js';
import type { HeadLabels } from '../models/heads.js';
import type { BrickRef } from './brick-ref.js';

/** What a request's `model` became: immutable, so that a moved alias never changes a running request. */
export interface ServedModel {
  /** As the request wrote it. */
  readonly name: string;
  /** Adapter name for metrics, without alias or digest; `base` for the bare base. */
  readonly adapter: string;
  /** Digests of the versions that answer; the base's own digest for the bare base. */
  readonly versions: readonly string[];
  readonly bricks: readonly { readonly ref: BrickRef; readonly weight: number }[];
  /** Whose head answers: a brick's id, or the base's own. */
  readonly head: string | 'base';
  /** What the answering head does; absent where there is none. */
  readonly tasks: readonly AdapterTask[];
  readonly labels?: HeadLabels | undefined;
  /** Tokens that its bricks put before the input. */
  readonly virtualTokens: number;
  /** The prompt that texts to classify are put in; the head then answers at its mask. */
  readonly template?: string | undefined;
}

export const MODEL_CATALOG = Symbol('ModelCatalog');

/** Finds what a tenant's model name means. */
export interface ModelCatalog {
  /** @throws NotFoundError  with code `model_not_found`, also for a model of another tenant */
  resolve(tenantId: string, model: string): Promise<ServedModel>;
}
