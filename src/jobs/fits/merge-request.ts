import type { JsonObject } from '../../common/json.js';
import { IncompatibleAdapterError, ValidationError } from '../../common/errors.js';
import { invalidComposition } from '../../composition/invalid.js';
import { readRecipe } from '../../composition/json.js';
import { checkMergeOptions, checkMergeWeights } from '../../composition/merge/options.js';
import { MERGE_LAWS } from '../../composition/merge/table.js';
import { kindOf, type Composition, type Recipe } from '../../composition/value.js';
import type { Member } from '../../registry/compositions/members.service.js';
import type { PinnedRecipe } from '../../registry/compositions/pin-recipe.js';
import { versionDetails } from '../../serving/base-adapter-compiler.js';
import { mergeOptionsOf, type MergeFit } from '../../training/fits/merge-options.js';
import type { JobRequest } from '../job-request.js';

const AT = 'objective';

/**
 * What a merge is asked to sum: its members with their weights, or the composition in their place.
 *
 * @throws ValidationError  for both or neither of them, and weights that are not one a member
 */
export function mergeRecipe({ members, weights, composition }: MergeFit): Recipe {
  if ((members === undefined) === (composition === undefined))
    throw refused(AT, `expected either members or a composition, got ${members ? 'both' : 'neither'}`);
  if (members === undefined) {
    if (weights !== undefined) throw refused(`${AT}.weights`, 'expected none with a composition, which has its own');
    return readRecipe(composition, `${AT}.composition`);
  }
  if (weights !== undefined && weights.length !== members.length)
    throw refused(`${AT}.weights`, `expected one for each of ${members.length} members, got ${weights.length}`);
  checkMergeWeights(weights ?? members.map(() => 1), AT);
  return readRecipe({ composition: { sum: members.map((of, at) => ({ of, weight: weights?.[at] ?? 1 })) } }, AT);
}

/**
 * The request of a merge as it is kept: pinned members with their weights, whose head goes along, the seed of what is drawn.
 *
 * @throws ValidationError           for a composition that is no sum, a head of no member, and options that the kind does
 *   not read
 * @throws IncompatibleAdapterError  for members that are no LoRA of PEFT
 */
export function mergeRequest(request: JobRequest, fit: MergeFit, { recipe, members }: PinnedRecipe): JobRequest {
  const sum = summands(recipe.composition);
  const names = [...sum.keys()];
  const weights = [...sum.values()];
  checkMergeWeights(weights, AT);
  for (const member of members.values()) expectLora(member);
  const wanted = fit.head ?? (fit.composition === undefined ? undefined : headOf(recipe));
  const head = wanted === undefined ? undefined : headName(wanted, fit, members);
  expectOneHead(head, members);
  const draws = MERGE_LAWS[fit.mergeType].sparsify === 'random';
  const seed = fit.seed ?? (draws ? request.seed : undefined);
  const settled = { ...fit, ...(head !== undefined && { head }), ...(seed !== undefined && { seed }) };
  checkMergeOptions(mergeOptionsOf(settled, names), AT);
  const { composition: _composition, ...asked } = request.objective as { name: string } & JsonObject;
  const answers = head === undefined ? [...members.values()].find(hasHead) : members.get(head);
  return {
    ...{ ...request, task: (answers?.version.summary.task ?? request.task) as JobRequest['task'] },
    ...(seed !== undefined && { seed }),
    objective: {
      ...{ ...asked, merge_type: fit.mergeType, members: names, weights },
      ...(head !== undefined && { head }),
      ...(seed !== undefined && { seed }),
    },
  };
}

/** Weights by member of a sum, and of sums in it. */
function summands(composition: Composition): Map<string, number> {
  const sum = new Map<string, number>();
  const visit = (value: Composition, weight: number): void => {
    if (typeof value === 'string') sum.set(value, (sum.get(value) ?? 0) + weight);
    else if ('sum' in value) for (const term of value.sum) visit(term.of, weight * term.weight);
    else throw invalidComposition(`${AT}.composition`, `expected a sum of adapters to merge, got a ${kindOf(value)}`);
  };
  visit(composition, 1);
  return sum;
}

function expectLora({ pinned, version: { summary } }: Member): void {
  if (summary.method === 'lora' && summary.details['format'] === 'peft') return;
  const rule = `${AT}: expected LoRA adapters of PEFT to merge, got ${pinned}, ${summary.method}`;
  throw new IncompatibleAdapterError(rule, { param: AT });
}

/** What the composition says of it; the mean and the union of heads are none that a file holds. */
function headOf({ head, labels }: Recipe): string | undefined {
  if (labels)
    throw refused(`${AT}.composition`, 'expected none that chooses labels, for the head of a file has all of its own');
  if (head === undefined || head === 'union' || head === 'mean') return undefined;
  return head === 'base' ? 'base' : head.member;
}

function headName(asked: string, fit: MergeFit, members: ReadonlyMap<string, Member>): string {
  if (asked === 'base' || members.has(asked)) return asked;
  const listed = [...members.keys()][fit.members?.indexOf(asked) ?? -1];
  const named = [...members.values()].filter(({ version }) => version.name === asked);
  const name = listed ?? (named.length === 1 ? named[0]?.pinned : undefined);
  if (name !== undefined) return name;
  throw refused(`${AT}.head`, `expected base, or a member as members names it, got ${asked}`);
}

function expectOneHead(head: string | undefined, members: ReadonlyMap<string, Member>): void {
  if (head === 'base') return;
  const own = [...members.values()].filter(hasHead);
  const rule = `expected base, or the member whose head goes along, where ${own.length} of them have one`;
  if (head === undefined && own.length > 1) throw refused(`${AT}.head`, `${rule}, got nothing`);
  const member = head === undefined ? undefined : members.get(head);
  if (member && !hasHead(member)) throw refused(`${AT}.head`, `${rule}, got ${member.pinned}, which has none`);
}

function hasHead({ version }: Member): boolean {
  return versionDetails.parse(version.summary.details).head !== null;
}

function refused(at: string, rule: string): ValidationError {
  return new ValidationError(`${at}: ${rule}`, { param: AT });
}
