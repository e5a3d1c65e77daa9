import { centroidShares } from '../composition/routing/centroid.js';
import { settleRoute } from '../composition/routing/settle-route.js';
import type { RowResult } from '../runtime/protocol.js';
import { withBricksOf } from './row-builder.js';
import type { RequestRoute, ServedModel, ServedRoute } from './served-model.js';
import type { Work } from './submission.js';

/** Runs rows, and gives their results in order. */
export type RunRows = (works: readonly Work[]) => Promise<readonly RowResult[]>;

/** A row whose routes by the request are decided. */
export interface SettledWork {
  readonly work: Work;
  /** For each route of the model its shares as `RowResult.shares` has them; undefined where the graph decides. */
  readonly shares: readonly (Float32Array | undefined)[];
}

export function isByRequest(route: ServedRoute): route is RequestRoute {
  return route.law === 'centroid';
}

/** The model as its rows are made before their routes are decided: without any brick. */
export function unsettled(model: ServedModel): ServedModel {
  return model.routes?.some(isByRequest) ? { ...model, bricks: [], routes: [] } : model;
}

/**
 * Decides the routes that go by the whole request: each input is embedded on the bare base first, one row in a batch as
 * all others, and then has the bricks of its own shares.
 *
 * @param works  made under `unsettled(model)`
 */
export async function settleWorks(model: ServedModel, works: readonly Work[], run: RunRows): Promise<SettledWork[]> {
  if (!model.routes?.some(isByRequest)) return works.map((work) => ({ work, shares: [] }));
  const embeddings = await run(works.map(embeddingOf));
  return works.map((work, at) => {
    const { settled, shares } = settle(model, embeddings[at]!.data);
    return { work: withBricksOf(settled, work), shares };
  });
}

/** Runs the rows of several models, one model after the other; every row has the shares of all its routes. */
export async function runSettled(
  asked: readonly { readonly model: ServedModel; readonly works: readonly Work[] }[],
  run: RunRows,
): Promise<RowResult[]> {
  const rows = (await Promise.all(asked.map(({ model, works }) => settleWorks(model, works, run)))).flat();
  const results = await run(rows.map(({ work }) => work));
  return results.map((result, at) => {
    const shares = allShares(rows[at]!.shares, result);
    return { ...result, ...(shares && { shares }) };
  });
}

/** The shares of a row's routes in the order of the model's: those decided before, and those of the graph. */
export function allShares(
  decided: SettledWork['shares'],
  { shares: rest = [] }: Pick<RowResult, 'shares'>,
): readonly Float32Array[] | undefined {
  if (decided.length === 0) return rest.length > 0 ? rest : undefined;
  const graph = rest.values();
  return decided.map((shares) => shares ?? graph.next().value ?? new Float32Array(0));
}

function embeddingOf({ row: { inputIds, tokenTypeIds } }: Work): Work {
  const task = { kind: 'embedding', pooling: 'mean' } as const;
  const row = { inputIds, ...(tokenTypeIds && { tokenTypeIds }), bricks: [], heads: ['base'], task };
  return { row, bricks: [], tokens: Math.max(1, inputIds.length) };
}

function settle(model: ServedModel, embedding: Float32Array): { settled: ServedModel; shares: SettledWork['shares'] } {
  const { bricks, routes = [] } = model;
  const shares = routes.map((route) =>
    isByRequest(route) ? centroidShares(embedding, route.centroids, route) : undefined,
  );
  let left = { terms: bricks, routes };
  for (const [route, decided] of [...shares.entries()].reverse()) {
    if (decided) left = settleRoute(left, route, decided);
  }
  return { settled: { ...model, bricks: left.terms, routes: left.routes }, shares };
}
