import type { AdapterTask } from '../adapters/adapter-base.js';
import type { HeadPlan } from '../composition/head-plan.js';
import type { CentroidRoute } from '../composition/routing/centroid.js';
import type { Recipe } from '../composition/value.js';
import type { HeadLabels } from '../models/heads.js';
import type { FusionRoute, GatedRoute, RowBrick } from '../runtime/protocol.js';
import type { BrickRef } from './brick-ref.js';
import type { VersionPlace } from './version-leases.js';

/** One brick of a row. */
export interface ServedBrick extends Omit<RowBrick, 'id'> {
  readonly ref: BrickRef;
}

/** A route of a row that the graph decides at each token. */
export interface TokenRoute extends Omit<GatedRoute, 'gates'> {
  /** For each brick of the route, what holds its gate vectors. */
  readonly gates: readonly BrickRef[];
}

/** A route whose bottlenecks attention mixes. */
export interface FusedRoute extends Omit<FusionRoute, 'fusion'> {
  /** What holds its matrices. */
  readonly fusion: BrickRef;
}

/** A route that is decided by the embedding of the input, before its row is run. */
export interface RequestRoute extends CentroidRoute {
  readonly law: 'centroid';
  readonly centroids: readonly Float32Array[];
}

export type ServedRoute = TokenRoute | FusedRoute | RequestRoute;

/** What an answer of a composition says of one brick of its row. */
export interface NamedBrick extends Omit<RowBrick, 'id'> {
  /** As the tenant names it: of another tenant with its owner before it. */
  readonly name: string;
  readonly version: string;
}

/** What a request's `model` became: immutable, so that a moved alias never changes a running request. */
export interface ServedModel {
  /** As the request wrote it. */
  readonly name: string;
  /** Adapter name for metrics, without alias or digest; `base` for the bare base. */
  readonly adapter: string;
  /** Digests of the versions that answer; the base's own digest for the bare base. */
  readonly versions: readonly string[];
  /** Held until the answer is there. */
  readonly held: readonly VersionPlace[];
  readonly bricks: readonly ServedBrick[];
  readonly routes?: readonly ServedRoute[] | undefined;
  /** Whose heads answer: bricks' ids, or the base's own; their logits stand side by side. */
  readonly heads: readonly (string | 'base')[];
  /** Bricks that are no term of the row and whose heads answer. */
  readonly besides?: readonly BrickRef[] | undefined;
  /** What becomes of the logits of the heads; absent: they are the answer. */
  readonly join?: Pick<HeadPlan, 'columns'> | undefined;
  /** What the answering heads do; absent where there is none. */
  readonly tasks: readonly AdapterTask[];
  readonly labels?: HeadLabels | undefined;
  /** Tokens that its bricks put before the input. */
  readonly virtualTokens: number;
  /** The prompt that texts to classify are put in; the head then answers at its mask. */
  readonly template?: string | undefined;
  /** Of a composition: its bricks, in the order of `bricks`. */
  readonly named?: readonly NamedBrick[] | undefined;
  /** Of a composition that gives several answers to each input: each of them, this one being the first. */
  readonly alternatives?: readonly ServedModel[] | undefined;
}

/** What answers of a model: heads whose logits stand side by side, and what becomes of these. */
export type AnsweringHeads = Pick<ServedModel, 'heads' | 'besides' | 'join' | 'tasks' | 'labels' | 'template'>;

/** A composition that stands in a request, beside its `model`. */
export interface InlineComposition {
  readonly recipe: Recipe;
  /** The places of the composition and of its recipe in the request, which errors name. */
  readonly at: string;
  readonly recipeAt?: string;
}

export const MODEL_CATALOG = Symbol('ModelCatalog');

/** Finds what a tenant's model name means. */
export interface ModelCatalog {
  /**
   * @param inline  what answers with the head of `model`; with `base`, with the heads that the composition says
   * @throws NotFoundError  with code `model_not_found`, also for a model of another tenant; `member_not_found`
   */
  resolve(tenantId: string, model: string, inline?: InlineComposition): Promise<ServedModel>;
}

/** The model, or each of its alternatives: what gives one answer to each input. */
export function answersOf(model: ServedModel): readonly ServedModel[] {
  return model.alternatives ?? [model];
}

/** Every brick that must be resident for a row of the model, each once. */
export function refsOf({ bricks, routes = [], besides = [] }: ServedModel): BrickRef[] {
  const refs = [
    ...bricks.map(({ ref }) => ref),
    ...routes.flatMap((route) => ('gates' in route ? route.gates : 'fusion' in route ? [route.fusion] : [])),
    ...besides,
  ];
  return [...new Map(refs.map((ref) => [ref.id, ref])).values()];
}
