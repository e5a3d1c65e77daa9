import type { AdapterTask } from '../adapters/adapter-base.js';
import { ValidationError } from '../common/errors.js';
import type { Row, RowRoute, RowTask } from '../runtime/protocol.js';
import { refsOf, type ServedModel, type ServedRoute } from './served-model.js';
import type { Work } from './submission.js';

/** @throws ValidationError  when neither the model's adapter nor the base has a head for the task */
export function requireTask(model: ServedModel, task: AdapterTask): void {
  if (model.tasks.includes(task)) return;
  const has = model.tasks.length === 0 ? 'none' : model.tasks.join(', ');
  throw new ValidationError(`model: expected one with a head for ${task}, got ${model.name}, which has ${has}`, {
    param: 'model',
  });
}

/** The row of one input under a model. */
export function workOf(model: ServedModel, input: { ids: Int32Array; typeIds?: Int32Array }, task: RowTask): Work {
  const hasTypes = input.typeIds?.some((type) => type !== 0) === true;
  return {
    row: {
      inputIds: input.ids,
      ...(hasTypes && { tokenTypeIds: input.typeIds }),
      ...rowBricks(model),
      heads: model.heads,
      task,
    },
    bricks: refsOf(model),
    tokens: Math.max(1, input.ids.length + model.virtualTokens),
  };
}

/** The same row with the bricks and the routes of a model. */
export function withBricksOf(model: ServedModel, work: Work): Work {
  return { ...work, row: { ...work.row, ...rowBricks(model) }, bricks: refsOf(model) };
}

function rowBricks({ bricks, routes = [] }: ServedModel): Pick<Row, 'bricks' | 'routes'> {
  return {
    bricks: bricks.map(({ ref, ...term }) => ({ id: ref.id, ...term })),
    ...(routes.length > 0 && { routes: routes.map(toRowRoute) }),
  };
}

function toRowRoute(route: ServedRoute): RowRoute {
  if (route.law === 'centroid') throw new Error('row: expected routes by the request to be settled, got one');
  if (route.law === 'adapter_fusion') return { law: route.law, fusion: route.fusion.id };
  return { ...route, gates: route.gates.map(({ id }) => id) };
}

/** @throws ValidationError  for ids out of the vocabulary, no ids, or more than `maxTokens` of them */
export function checkTokenIds(
  ids: readonly number[],
  index: number,
  limits: { vocab: number; maxTokens: number },
): Int32Array {
  const wrong = ids.find((id) => id < 0 || id >= limits.vocab);
  if (wrong !== undefined) {
    throw new ValidationError(`input ${index}: token ids: expected 0 to ${limits.vocab - 1}, got ${wrong}`, {
      param: 'input',
    });
  }
  if (ids.length === 0 || ids.length > limits.maxTokens) {
    throw new ValidationError(`input ${index}: expected 1 to ${limits.maxTokens} tokens, got ${ids.length}`, {
      param: 'input',
      ...(ids.length > 0 && { code: 'context_length_exceeded' }),
    });
  }
  return Int32Array.from(ids);
}
