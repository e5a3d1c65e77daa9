import { printText } from '../composition/text.js';
import { membersOf, type Recipe } from '../composition/value.js';
import type { Adapter, AdapterVersion } from '../registry/adapter-version.js';
import { readComposedDetails, type Extraction } from '../registry/compositions/composed-details.js';
import type { ComposedPlan } from '../serving/composing.service.js';
import type { Answered } from '../serving/inference.js';
import { answersOf, type NamedBrick } from '../serving/served-model.js';
import { adapterView } from './adapter-views.js';
import { toSeconds } from './views.js';

export function compositionView({ name, digest, summary, createdAt }: AdapterVersion) {
  const { recipe, extracted } = readComposedDetails(summary);
  return {
    object: 'composition' as const,
    name,
    version: digest,
    model: `${name}@${digest}`,
    ...recipeView(recipe),
    task: summary.task,
    labels: summary.labels,
    created_at: toSeconds(createdAt),
    ...(extracted && { extracted }),
  };
}

/** As `adapterView`, of an adapter with versions that are compositions. */
export function compositionNameView(adapter: Adapter) {
  return { ...adapterView(adapter), object: 'composition' as const };
}

export function planView(name: string, { pinned, model, summary }: ComposedPlan) {
  return {
    object: 'composition.plan' as const,
    name,
    ...recipeView(pinned.recipe),
    task: summary.task,
    labels: summary.labels,
    bricks: bricksView(answersOf(model).map(({ named = [] }) => named)),
  };
}

export function extractionView(name: string, extracted: Extraction) {
  return { object: 'composition.extraction' as const, name, extracted };
}

/** The bricks of each of an input's answers, in one list. */
export function bricksView(answers: readonly (readonly NamedBrick[])[]) {
  return answers.flatMap((bricks, answer) =>
    bricks.map((brick) => ({ ...brick, ...(answers.length > 1 && { answer }) })),
  );
}

/** What a composition adds to one item: which of the input's answers it is, and the shares of its routes. */
export function itemView({ answersPerInput, bricks, shares }: Answered<unknown>, at: number) {
  const answer = at % answersPerInput;
  const named = bricks?.[answer];
  const routes = shares[at];
  return {
    ...(answersPerInput > 1 && { answer }),
    ...(named && routes && { shares: routes.flatMap((values, route) => sharesOf(named, route, values)) }),
  };
}

/** @param values  of each brick of the route in their order, then of the base */
function sharesOf(named: readonly NamedBrick[], route: number, values: Float32Array) {
  const members = named.filter((brick) => brick.route === route);
  const base = { route, name: 'base', version: null, share: values[members.length] ?? 0 };
  return [...members.map(({ name, version }, i) => ({ route, name, version, share: values[i] ?? 0 })), base];
}

function recipeView(recipe: Recipe) {
  return { text: printText(recipe.composition), recipe: { ...recipe }, members: membersOf(recipe.composition) };
}
