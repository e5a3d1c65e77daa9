import { ADAPTER_TASKS, type AdapterTask } from '../adapters/adapter-base.js';
import { planHeads } from '../composition/head-plan.js';
import { invalidComposition } from '../composition/invalid.js';
import type { Answer } from '../composition/terms.js';
import type { Recipe } from '../composition/value.js';
import type { HeadLabels } from '../models/heads.js';
import { versionDetails } from './base-adapter-compiler.js';
import { headRef, type MemberBrick } from './member-brick.js';
import { refsOf, type AnsweringHeads, type ServedModel } from './served-model.js';
import { baseTasks, labelsOf, tasksOf } from './version-tasks.js';
import type { ServedBase } from './engine.module.js';

/**
 * The heads of one answer of a recipe, see `planHeads`. Where neither the members nor the base have labels, the base
 * answers with what it has.
 *
 * @throws ValidationError `invalid_composition`  also for heads of different tasks, and a prompt's head beside another
 */
export function composedHeads(
  recipe: Recipe,
  answer: Answer,
  { members, base, at }: { members: ReadonlyMap<string, MemberBrick>; base: ServedBase; at: string },
): AnsweringHeads {
  const known = new Map<string, HeadLabels>();
  for (const [name, { version }] of members) {
    const labels = labelsOf(version.summary);
    if (labels) known.set(name, labels);
  }
  const isBare = recipe.head === undefined && recipe.labels === undefined && base.labels === undefined;
  const baseLabels = isBare ? NO_LABELS : base.labels;
  const all = { members: known, ...(baseLabels && { base: baseLabels }) };
  const { heads: names, columns, labels, problem } = planHeads(recipe, answer, all, at);
  const own = names.flatMap((name) => members.get(name) ?? []);
  if (own.length === 0) {
    const labelled = labels.length > 0 && { labels: { labels, problem }, join: { columns } };
    return { heads: ['base'], tasks: baseTasks(base.heads), ...labelled };
  }
  const templates = own.map(({ version }) => versionDetails.parse(version.summary.details).template);
  const [template] = templates;
  if (names.length > 1 && templates.some((one) => one !== undefined)) {
    throw invalidComposition(`${at}.head`, 'expected one head where one answers in a prompt, got several: choose one');
  }
  return {
    heads: names.map((name) => (members.has(name) ? headRef(members.get(name)!).id : 'base')),
    besides: own.map(headRef),
    ...{ join: { columns }, labels: { labels, problem }, tasks: commonTasks(own, names, base, at) },
    ...(template !== undefined && { template }),
  };
}

const NO_LABELS: HeadLabels = { labels: [], problem: 'single' };

/** The heads of another model. */
export function headsOf(model: ServedModel): AnsweringHeads {
  const { heads, join, tasks, labels, template } = model;
  return { heads, join, tasks, labels, template, besides: refsOf(model).filter(({ id }) => heads.includes(id)) };
}

function commonTasks(
  own: readonly MemberBrick[],
  heads: readonly string[],
  base: ServedBase,
  at: string,
): AdapterTask[] {
  const of = own.map(({ version }) => tasksOf(version.summary));
  if (heads.includes('base')) of.push(baseTasks(base.heads));
  const tasks = ADAPTER_TASKS.filter((task) => of.every((one) => one.includes(task)));
  if (tasks.some((task) => task !== 'embedding')) return tasks;
  throw invalidComposition(`${at}.head`, `expected heads of one task, got ${of.flat().join(', ')}`);
}
