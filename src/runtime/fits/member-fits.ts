import { readFile } from 'node:fs/promises';
import { fromDirectory } from '../../adapters/files.js';
import { unpackBrick } from '../../adapters/packed.js';
import { ValidationError } from '../../common/errors.js';
import { shortened } from '../../common/schema-issue.js';
import { TOKEN_LAWS } from '../../adapters/rows/routing/laws.js';
import { recipeFile } from '../../composition/canonical.js';
import { COMPOSITION_FILE } from '../../composition/composition-file.js';
import type { Recipe, Route } from '../../composition/value.js';
import { DEFAULT_TEMPERATURE, DEFAULT_TOP_K } from '../../composition/value.js';
import type { HeadLabels } from '../../models/heads.js';
import type { Example } from '../../training/datasets/example.js';
import type { FitPart } from '../../training/fits/fit-spec.js';
import { fitSoup } from '../../training/fits/soup.js';
import { defined } from './adapter-fits.js';
import type { Fit, FitContext, FitOutcome } from './fit.js';
import { fitFloor } from './floor.js';
import { fitLoraHub, type FitMember } from './lora-hub.js';

/** A sum of members with weights for a task of a few rows. */
export const lorahub: Fit<'lorahub'> = async (
  { name: _name, members: _members, head: asked, ...settings },
  context,
) => {
  const { spec, base, examples, watch } = context;
  const head = chooseHead(asked, context);
  const { weights, loss, baseLoss } = await fitLoraHub(
    {
      ...defined(settings),
      ...{ base, task: classification(context), examples, seed: spec.seed },
      labels: head.labels,
      members: await bricksOf(spec.members),
      head: head.member === undefined ? 'base' : { member: head.member },
    },
    context.runtime(),
    watch,
  );
  const sum = spec.members.map(({ name }, at) => ({ of: name, weight: weights[at] ?? 0 }));
  const kept = sum.filter(({ of, weight }) => weight !== 0 || of === head.member);
  const recipe: Recipe = {
    composition: { sum: kept.length > 0 ? kept : sum },
    head: head.member === undefined ? 'base' : { member: head.member },
  };
  return { ...composed(recipe, head.labels), metrics: { train_loss: loss, base_loss: baseLoss } };
};

/** One LoRA adapter of several. */
export const soup: Fit<'soup'> = async ({ name: _name, members: _members, head: asked, ...settings }, context) => {
  const { spec, base, examples, executor, watch } = context;
  const head = chooseHead(asked, context);
  const members = await Promise.all(
    spec.members.map(async ({ name, files }) => ({ name, files: await fromDirectory(files ?? '') })),
  );
  let loss = NaN;
  const made = await fitSoup(
    {
      ...defined(settings),
      ...{ base, task: classification(context), examples, members, labels: head.labels, seed: spec.seed },
      ...(head.member !== undefined && { head: head.member }),
    },
    executor,
    { ...watch, onStep: (step) => ((loss = step.loss), watch.onStep?.(step)) },
  );
  return { kind: 'adapter', files: made.files, metrics: { train_loss: loss, rank: made.rank } };
};

/** The composition with the floor of its route said. */
export const floor: Fit<'floor'> = async ({ abstained }, context) => {
  const { spec, base, examples, watch } = context;
  const { recipe } = spec;
  if (!recipe || typeof recipe.composition === 'string' || !('route' in recipe.composition))
    throw wrongRoute(recipe ? 'another composition' : 'none');
  const route: Route = recipe.composition;
  const law = TOKEN_LAWS.find((known) => known === route.by);
  if (!law) throw wrongRoute(`one by ${route.by}${NO_FLOOR[route.by] ?? ''}`);
  const found = await fitFloor(
    {
      ...{ base, members: await bricksOf(spec.members), law, abstained },
      topK: route.top_k ?? Math.min(DEFAULT_TOP_K, route.route.length),
      temperature: route.temperature ?? DEFAULT_TEMPERATURE,
      texts: examples.map(({ text }) => text),
    },
    context.runtime(),
    watch,
  );
  const fitted: Recipe = { ...recipe, composition: { ...route, floor: found.floor } };
  return { ...composed(fitted, undefined), metrics: { ...found } };
};

/** Why a law has no floor to find. */
const NO_FLOOR: Readonly<Partial<Record<Route['by'], string>>> = {
  centroid: ', whose members know their floors',
  adapter_fusion: ', which mixes all its members',
};

function wrongRoute(got: string): ValidationError {
  return new ValidationError(`fit: composition: expected a route that chooses by token, got ${got}`, {
    param: 'objective',
  });
}

function composed(recipe: Recipe, labels: HeadLabels | undefined): Omit<FitOutcome, 'metrics'> {
  const files = new Map([[COMPOSITION_FILE, new TextEncoder().encode(recipeFile(recipe))]]);
  return { kind: 'composition', files, ...(labels && { labels }) };
}

export function classification({ spec }: FitContext): 'sequence_classification' | 'token_classification' {
  if (spec.task === 'sequence_classification' || spec.task === 'token_classification') return spec.task;
  throw new ValidationError(`fit: task: expected a classification, got ${spec.task}`, { param: 'task' });
}

export async function bricksOf(members: readonly FitPart[]): Promise<FitMember[]> {
  return Promise.all(
    members.map(async ({ name, packed }) => ({ name, brick: unpackBrick(await readFile(packed ?? '')) })),
  );
}

export interface ChosenHead {
  /** Absent: the base's. */
  readonly member?: string;
  readonly labels: HeadLabels;
}

/**
 * Whose head answers: the one asked for; else the base's where it has the labels of all rows, else that of the only member
 * that has them.
 *
 * @throws ValidationError  for one that is not there or has not all labels, and where several could answer
 */
export function chooseHead(asked: string | undefined, { spec, base, examples }: FitContext): ChosenHead {
  const wanted = new Set(examples.flatMap(labelsOf));
  const has = (labels: HeadLabels | undefined): labels is HeadLabels =>
    labels !== undefined && [...wanted].every((label) => knows(labels, label));
  const known: ChosenHead[] = [
    ...(has(base.labels) ? [{ labels: base.labels }] : []),
    ...spec.members.flatMap(({ name, labels }) => (has(labels) ? [{ member: name, labels }] : [])),
  ];
  const found = known.filter(({ member = 'base' }) => asked === undefined || member === asked);
  const [first] = found;
  if (first && (asked !== undefined || first.member === undefined || found.length === 1)) return first;
  const got = first ? `${found.length} that do: choose one as head` : 'none';
  const label = shortened([...wanted][0] ?? '');
  throw new ValidationError(`fit: head: expected one that knows the rows' labels (${label}, …), got ${got}`, {
    param: 'objective',
  });
}

function labelsOf({ label, labels, entities }: Example): string[] {
  return [
    ...(label === undefined ? [] : [label]),
    ...(labels ?? []),
    ...(entities ?? []).map((entity) => entity.label),
  ];
}

function knows({ labels, problem }: HeadLabels, label: string): boolean {
  return problem === 'regression' || labels.includes(label) || labels.includes(`B-${label}`);
}
