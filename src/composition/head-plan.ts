import { shortened } from '../common/schema-issue.js';
import type { HeadLabels } from '../models/heads.js';
import { invalidComposition } from './invalid.js';
import type { Answer } from './terms.js';
import type { HeadChoice, Recipe } from './value.js';

/** Whose logits an answer needs, and what becomes of them. */
export interface HeadPlan extends HeadLabels {
  /** Members, or the base; their logits stand side by side. */
  readonly heads: readonly string[];
  /** For each label of the answer the columns, among those of all heads, whose mean is its logit. */
  readonly columns: readonly (readonly number[])[];
}

/** The heads there are: of the members that bring one, and the base's own. */
export interface KnownHeads {
  readonly members: ReadonlyMap<string, HeadLabels>;
  readonly base?: HeadLabels;
}

const BASE = 'base';

/**
 * Which heads answer and with which labels. Where nothing is chosen: the head of the router, where one has a head; the only
 * head there is; the mean of the logits where all heads have the same labels; else all labels side by side. The heads in question are those of the terms whose weights
 * add up to more than 0: what is taken away from a model does not answer for it. No such head: the base's.
 *
 * @throws ValidationError  code `invalid_composition`: a choice that has no head, labels that do not fit the choice, one
 *   label in two heads of a union, heads that mean different things (one choice, several, a number), an unknown label
 */
export function planHeads(recipe: Recipe, answer: Answer, known: KnownHeads, at = 'recipe'): HeadPlan {
  const names = namesFor(recipe.head, answer, known, at);
  const heads = names.map((name) => (name === BASE ? known.base : known.members.get(name))!);
  const [first] = heads as [HeadLabels];
  const odd = heads.find(({ problem }) => problem !== first.problem);
  if (odd)
    throw invalidComposition(`${at}.head`, `expected heads of one problem, got ${first.problem} and ${odd.problem}`);
  const isMean = recipe.head === 'mean' || (recipe.head !== 'union' && heads.every((head) => hasLabelsOf(head, first)));
  if (isMean) expectSameLabels(heads, `${at}.head`);
  const all = columnsByLabel(heads);
  const labels = recipe.labels ?? [...all.keys()];
  const columns = labels.map((label) => {
    const found = all.get(label);
    if (!found) throw invalidComposition(`${at}.labels`, `expected labels of the heads, got ${shortened(label)}`);
    if (!isMean && found.length > 1)
      throw invalidComposition(
        `${at}.head`,
        `expected each label in one head of a union, got ${shortened(label)} in two`,
      );
    return found;
  });
  return { heads: names, labels, problem: first.problem, columns };
}

/**
 * The logits of an answer from those of its heads, side by side.
 *
 * @param logits  [positions, all columns] or [all columns]
 * @returns       [positions, labels] or [labels]
 */
export function joinHeads({ columns }: Pick<HeadPlan, 'columns'>, logits: Float32Array, width: number): Float32Array {
  const joined = new Float32Array((logits.length / width) * columns.length);
  for (let row = 0; row * width < logits.length; row++) {
    columns.forEach((from, label) => {
      const sum = from.reduce((total, column) => total + logits[row * width + column]!, 0);
      joined[row * columns.length + label] = sum / from.length;
    });
  }
  return joined;
}

function namesFor(choice: HeadChoice | undefined, { terms, routes }: Answer, known: KnownHeads, at: string): string[] {
  if (choice === BASE) return expectBase(known, at);
  if (typeof choice === 'object') {
    if (known.members.has(choice.member)) return [choice.member];
    throw invalidComposition(`${at}.head.member`, `expected a member with a head, got ${choice.member} without one`);
  }
  const routers = routes.flatMap(({ router }) => (router !== undefined && known.members.has(router) ? [router] : []));
  if (choice === undefined && routers.length > 0) return [...new Set(routers)];
  const weights = new Map<string, number>();
  for (const { member, weight } of terms) weights.set(member, (weights.get(member) ?? 0) + weight);
  const names = [...weights]
    .filter(([member, weight]) => weight > 0 && known.members.has(member))
    .map(([name]) => name);
  return names.length > 0 ? names : expectBase(known, at);
}

function expectBase(known: KnownHeads, at: string): string[] {
  if (known.base) return [BASE];
  throw invalidComposition(`${at}.head`, 'expected a member with a head, or a base with one, got neither');
}

function hasLabelsOf(head: HeadLabels, other: HeadLabels): boolean {
  const labels = new Set(head.labels);
  return head.labels.length === other.labels.length && other.labels.every((label) => labels.has(label));
}

function expectSameLabels(heads: readonly HeadLabels[], at: string): void {
  const odd = heads.find((head) => !hasLabelsOf(head, heads[0]!));
  if (odd)
    throw invalidComposition(at, `expected the same labels in all heads of a mean, got ${odd.labels.length} others`);
}

function columnsByLabel(heads: readonly HeadLabels[]): Map<string, number[]> {
  const columns = new Map<string, number[]>();
  let column = 0;
  for (const { labels } of heads)
    for (const label of labels) columns.set(label, [...(columns.get(label) ?? []), column++]);
  return columns;
}
