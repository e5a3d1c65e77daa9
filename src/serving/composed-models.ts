import { checkBricks } from '../composition/brick-rules.js';
import { invalidComposition } from '../composition/invalid.js';
import { reduceComposition, type Answer, type RouteTerm } from '../composition/terms.js';
import { AppError, IncompatibleAdapterError } from '../common/errors.js';
import type { Member } from '../registry/compositions/members.service.js';
import type { PinnedRecipe } from '../registry/compositions/pin-recipe.js';
import type { RegistryService } from '../registry/registry.service.js';
import { versionDetails } from './base-adapter-compiler.js';
import type { BrickRef } from './brick-ref.js';
import type { BrickTraits, BrickTraitsReader } from './brick-traits.js';
import { composedHeads, type ComposedHeads } from './composed-heads.js';
import type { ServedBase } from './engine.module.js';
import { gatesOf } from './gate-bricks.js';
import { refsOf, type NamedBrick, type ServedBrick, type ServedModel, type ServedRoute } from './served-model.js';
import type { VersionPlace } from './version-leases.js';
import { brickRefOf } from './version-bricks.js';

/** A member with what rows need of it. */
interface MemberBrick extends Member {
  readonly ref: BrickRef;
  readonly traits: BrickTraits;
}

/** How a composition is named in answers, metrics and errors. */
export interface ComposedName {
  readonly name: string;
  readonly adapter: string;
  readonly versions: readonly string[];
  readonly held: readonly VersionPlace[];
  /** Its place in the request, which errors name. */
  readonly at: string;
  /** Whose head answers in the place of the members'. */
  readonly headOf?: ServedModel | undefined;
}

/** Makes rows of compositions: terms of bricks, routes and heads. */
export class ComposedModels {
  constructor(
    private readonly registry: Pick<RegistryService, 'packed'>,
    private readonly traits: Pick<BrickTraitsReader, 'require'>,
    private readonly base: ServedBase,
  ) {}

  /**
   * @throws ValidationError `invalid_composition`  when a brick cannot take part as it is asked to, with the reason; when
   *   no head, or more than one, answers
   * @throws IncompatibleAdapterError  for a brick that was made on another base
   */
  async compose({ recipe, members }: PinnedRecipe, named: ComposedName): Promise<ServedModel> {
    const bricks = new Map<string, MemberBrick>();
    for (const [name, member] of members) bricks.set(name, await this.brickOf(member, named.at));
    const models = reduceComposition(recipe.composition).answers.map((answer): ServedModel => {
      checkBricks(answer, (member) => bricks.get(member)!.traits.parts, named.at);
      const heads =
        named.headOf ?? composedHeads(recipe, answer, { members, base: this.base, at: recipePlace(named.at) });
      return served(answer, bricks, heads, named);
    });
    const [first] = models;
    return models.length === 1 ? first! : { ...first!, alternatives: models };
  }

  private async brickOf(member: Member, at: string): Promise<MemberBrick> {
    try {
      const ref = await brickRefOf(this.registry, member.tenantId, member.version);
      return { ...member, ref, traits: await this.traits.require(ref) };
    } catch (error) {
      if (!(error instanceof IncompatibleAdapterError)) throw error;
      throw new IncompatibleAdapterError(`${at}: ${member.pinned}: ${error.message}`, { param: at, cause: error });
    }
  }
}

function served(
  answer: Answer,
  bricks: ReadonlyMap<string, MemberBrick>,
  heads: ComposedHeads | ServedModel,
  { name, adapter, versions, held, at }: ComposedName,
): ServedModel {
  const idOf = (member: string): string => bricks.get(member)?.ref.id ?? member;
  const row: ServedBrick[] = [];
  const named: NamedBrick[] = [];
  for (const { member, level, ...term } of answer.terms) {
    const { ref, pinned, version } = bricks.get(member)!;
    const placed = { ...term, ...(level > 0 && { level }) };
    row.push({ ref, ...placed });
    named.push({ name: pinned.slice(0, pinned.indexOf('@')), version: version.digest, ...placed });
  }
  const routes = answer.routes.map((route) => servedRoute(route, bricks, at));
  const own = answer.terms.map(({ member }) => versionDetails.parse(bricks.get(member)!.version.summary.details));
  const { tasks, labels, template, join } = heads;
  return {
    ...{ name, adapter, versions, held, bricks: row, named, tasks, labels, template, join },
    ...(routes.length > 0 && { routes }),
    heads: heads.heads.map(idOf),
    besides: 'held' in heads ? refsOf(heads).filter(({ id }) => heads.heads.includes(id)) : besidesOf(heads, bricks),
    virtualTokens: own.reduce((sum, { virtual_tokens: tokens }) => sum + tokens, 0),
  };
}

function besidesOf({ heads }: ComposedHeads, bricks: ReadonlyMap<string, MemberBrick>): BrickRef[] {
  return heads.flatMap((head) => bricks.get(head)?.ref ?? []);
}

/** Of the recipe whose composition stands at a place. */
function recipePlace(at: string): string {
  return at.replace(/\.composition$/, '');
}

function servedRoute(
  { by, members, router, floor, ...route }: RouteTerm,
  bricks: ReadonlyMap<string, MemberBrick>,
  at: string,
): ServedRoute {
  if (router !== undefined || floor === 'auto')
    throw invalidComposition(at, 'expected a route without a router, and a number as its floor');
  const gates = members.map((member) => {
    const { ref, traits } = bricks.get(member)!;
    try {
      return gatesOf(by, ref, traits);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw invalidComposition(at, `${member}: ${error.message}`);
    }
  });
  return { law: by as ServedRoute['law'], ...route, ...(floor !== undefined && { floor }), gates };
}
