import { Injectable } from '@nestjs/common';
import { IncompatibleAdapterError, ValidationError } from '../../common/errors.js';
import type { JsonObject, JsonValue } from '../../common/json.js';
import { canonicalRecipe } from '../../composition/canonical.js';
import { readRecipe } from '../../composition/json.js';
import type { Recipe } from '../../composition/value.js';
import type { ModelRef } from '../../registry/adapter-version.js';
import { CompositionsService } from '../../registry/compositions/compositions.service.js';
import type { Member } from '../../registry/compositions/members.service.js';
import type { PinnedRecipe } from '../../registry/compositions/pin-recipe.js';
import type { FitOptions } from '../../training/fits/fit-options.js';
import type { JobRequest } from '../job-request.js';
import { checkFit, fitOf } from './fit-request.js';
import { mergeRecipe, mergeRequest } from './merge-request.js';

const AT = 'objective';

/** A job that fits as it is kept: its members are those that their names meant when it was made. */
@Injectable()
export class FitRequests {
  constructor(private readonly compositions: CompositionsService) {}

  /**
   * @returns  undefined for a request that trains
   * @throws ValidationError | NotFoundError | IncompatibleAdapterError  for options, members or a model that do not fit
   */
  async prepare(tenantId: string, request: JobRequest, parent: ModelRef): Promise<JobRequest | undefined> {
    const fit = fitOf(request);
    if (!fit || !request.objective) return undefined;
    checkFit(request, fit, parent);
    const pinned = await this.pin(tenantId, fit);
    if (fit.name === 'merge' && pinned) return mergeRequest(request, fit, pinned);
    const dataset = { validation_fraction: 0, test_fraction: 0, ...request.dataset };
    const objective = { ...request.objective, ...(pinned && pinnedKeys(fit, pinned)) };
    return { ...request, objective, dataset };
  }

  /**
   * The members of a fit as they are named now, each an adapter that the tenant may use.
   *
   * @throws NotFoundError `member_not_found`  also for one whose grant was revoked meanwhile
   */
  async pin(tenantId: string, fit: FitOptions): Promise<PinnedRecipe | undefined> {
    const recipe = recipeOf(fit);
    if (!recipe) return undefined;
    const pinned = await this.compositions.pin(tenantId, recipe, AT);
    const members = [...pinned.members.values()];
    const odd = members.find(({ version }) => version.summary.kind !== undefined);
    if (odd) throw refused(`expected adapters as members, got ${odd.pinned}`);
    if ('members' in fit && fit.members) {
      if (pinned.through.length > 0) throw refused(`expected adapters as members, got ${pinned.through[0]}`);
      if (members.length !== fit.members.length) throw refused('expected each member once, got one twice');
    }
    const foreign = members.find((member) => member.tenantId !== tenantId);
    if (copiesMembers(fit) && foreign)
      throw refused(`expected members of your own, whose weights may be copied, got ${foreign.pinned}`);
    if (fit.name === 'adapter_fusion') members.forEach(expectBottleneck);
    return pinned;
  }
}

/** Whether the result holds weights of the members, which then are files and not what is served of them. */
export function copiesMembers({ name }: FitOptions): boolean {
  return name === 'soup' || name === 'merge';
}

type MembersFit = Extract<FitOptions, { name: 'lorahub' | 'soup' | 'adapter_fusion' }>;

/** Fits of members as they are, one head of which may answer. */
function isOfMembers(fit: FitOptions): fit is MembersFit {
  return fit.name === 'lorahub' || fit.name === 'soup' || fit.name === 'adapter_fusion';
}

function expectBottleneck({ pinned, version: { summary } }: Member): void {
  if (summary.method === 'bottleneck') return;
  const rule = `${AT}: expected bottleneck adapters, whose outputs attention mixes, got ${pinned}, ${summary.method}`;
  throw new IncompatibleAdapterError(`${rule}: route it by phatgoose or arrow, or make a soup of it`, { param: AT });
}

function recipeOf(fit: FitOptions): Recipe | undefined {
  if (fit.name === 'merge') return mergeRecipe(fit);
  if (fit.name === 'floor') return readRecipe(fit.composition, `${AT}.composition`);
  if (!isOfMembers(fit)) return undefined;
  const sum = fit.members.map((of) => ({ of, weight: 1 }));
  return readRecipe({ composition: { sum } }, AT);
}

/** In the order of the request. */
function pinnedKeys(fit: FitOptions, { recipe, members }: PinnedRecipe): JsonObject {
  if (fit.name === 'floor') return { composition: canonicalRecipe(recipe) as unknown as JsonValue };
  const names = [...members.keys()];
  if (!isOfMembers(fit) || fit.head === undefined || fit.head === 'base') return { members: names };
  const head = names[fit.members.indexOf(fit.head)];
  if (head === undefined) throw refused(`head: expected base, or a member as members names it, got ${fit.head}`);
  return { members: names, head };
}

function refused(rule: string): ValidationError {
  return new ValidationError(`${AT}: ${rule}`, { param: AT });
}
